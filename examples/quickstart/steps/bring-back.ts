import { describeQuorumApi } from '@quorate/controller'
import { sleep, systemClock } from '@quorate/transport'
import { fullyInSync, partitionsOf } from '../partitions.ts'
import { activeController, patienceMs, type Story } from '../story.ts'
import { within } from '../within.ts'

/** Starts nodes again and waits until all is as it was: controllers caught up, brokers unfenced, in-sync sets full. */
export async function bringBack(story: Story, ids: readonly number[]): Promise<void> {
  const { cluster, narrator, stop } = story
  const started = ids.map(async (id) => {
    await cluster.start(id)
    if (cluster.controllers.some((controller) => controller.id === id)) {
      await caughtUp(story, id)
      narrator.say(`controller ${id} is back and has caught up`)
    } else {
      narrator.say(`broker ${id} is back and unfenced`)
    }
  })
  await within(patienceMs, `nodes ${ids.join(' and ')} are back`, stop, () => Promise.all(started))
  await inSyncSetsFull(story)
}

/** Waits until the leader of the quorum has seen `id` fetch everything there is. */
function caughtUp(story: Story, id: number): Promise<void> {
  const { client, cluster, stop } = story
  return within(patienceMs, `controller ${id} has caught up`, stop, async (signal) => {
    for (;;) {
      const activeId = await activeController(story)
      const leader = cluster.controllers.find((controller) => controller.id === activeId)
      const { replicas } = await client.askAt(leader?.address ?? '', describeQuorumApi, {}, { signal })
      const replica = replicas.find((replica) => replica.id === id)
      if (activeId === id || (replica?.lastFetchAgoMs !== undefined && replica.lag === 0)) return
      await sleep(systemClock, 20, signal)
    }
  })
}

async function inSyncSetsFull({ observer, narrator, stop }: Story): Promise<void> {
  const total = partitionsOf(observer.store.image).length
  const bar = narrator.bar('in-sync sets are full', total)
  try {
    await within(patienceMs, 'every in-sync set is full', stop, async (signal) => {
      for await (const { image } of observer.store.changes({ signal })) {
        const full = fullyInSync(image)
        bar.update(full)
        if (full === total) return
      }
    })
  } finally {
    bar.stop()
  }
  narrator.say(`all ${total} in-sync sets are full again`)
}
