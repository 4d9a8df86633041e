import { inSyncAt, ledBy } from '../partitions.ts'
import { observeEverything, patienceMs, until, type Story } from '../story.ts'
import { within } from '../within.ts'
import { busiestBroker } from './kill-broker.ts'

/**
 * Stops a broker with SIGTERM and looks at every change that is committed meanwhile.
 *
 * @returns its id
 * @throws Error if a partition was without a leader at any change, or the process did not end with exit code 0
 */
export async function stopBroker(story: Story): Promise<number> {
  const { cluster, narrator, stop, observer } = story
  await observeEverything(story)
  const id = busiestBroker(story)
  const led = ledBy(observer.store.image, id)
  const watching = new AbortController()
  const watch = watchLeaders(story, watching.signal)

  narrator.say(`SIGTERM to broker ${id}, which leads ${led} partitions`)
  cluster.process(id).kill('SIGTERM')
  const exit = await within(patienceMs, `broker ${id} ends`, stop, () => cluster.process(id).exited)
  if (exit.code !== 0)
    throw new Error(`broker ${id} ended with ${exit.signal ?? `exit code ${exit.code}`}, not with 0`)
  await until(
    story,
    `broker ${id} leads nothing`,
    (image) => ledBy(image, id) === 0 && inSyncAt(image, id) === 0,
  )
  watching.abort()
  const { changes, worst } = await watch

  narrator.say(`it ended with exit code 0 after its ${led} leaders had moved`)
  const verdict = `${worst} partitions without a leader at any of ${changes} changes`
  if (worst > 0) throw new Error(verdict)
  narrator.say(narrator.good(verdict))
  return id
}

/** Counts the partitions without a leader at every committed change until `signal` aborts. */
async function watchLeaders(
  { observer }: Story,
  signal: AbortSignal,
): Promise<{ readonly changes: number; readonly worst: number }> {
  let changes = 0
  let worst = 0
  try {
    for await (const { image } of observer.store.changes({ signal })) {
      changes += 1
      worst = Math.max(worst, ledBy(image, -1))
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  return { changes, worst }
}
