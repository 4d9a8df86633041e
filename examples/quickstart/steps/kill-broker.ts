import { sessionTimeoutMs } from '../cluster.ts'
import { describeMoves, inSyncAt, ledBy } from '../partitions.ts'
import { observeEverything, until, type Story } from '../story.ts'

const examples = 3

/** Kills the broker that leads most with SIGKILL, and waits until others lead its partitions. @returns its id */
export async function killBroker(story: Story): Promise<number> {
  const { cluster, narrator, observer } = story
  await observeEverything(story)
  const before = observer.store.image
  const id = busiestBroker(story)
  narrator.say(
    `SIGKILL to broker ${id}: it leads ${ledBy(before, id)} partitions, in sync in ${inSyncAt(before, id)}`,
  )
  cluster.process(id).kill('SIGKILL')
  await cluster.process(id).exited
  narrator.say(
    `its session ends ${sessionTimeoutMs / 1000} s after its last heartbeat (the default is 9 s) ...`,
  )
  const after = await until(
    story,
    `broker ${id} is fenced and out of every in-sync set`,
    (image) => image.brokers.get(id)?.fenced === true && ledBy(image, id) === 0 && inSyncAt(image, id) === 0,
  )
  narrator.say(
    `broker ${id} is fenced: ${ledBy(before, id)} leaders moved, ${inSyncAt(before, id)} in-sync sets shrank`,
  )
  for (const move of describeMoves(before, after, examples)) narrator.say(`  ${move}`)
  narrator.say(`partitions without a leader: ${ledBy(after, -1)}`)
  return id
}

/** The broker that leads the most partitions. */
export function busiestBroker({ cluster, observer }: Story): number {
  const { image } = observer.store
  const ids = cluster.brokers.map(({ id }) => id)
  return ids.reduce((busiest, id) => (ledBy(image, id) > ledBy(image, busiest) ? id : busiest))
}
