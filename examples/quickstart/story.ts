import { barrierApi, type MetadataImage } from '@quorate/controller'
import type { ClusterClient, Observer } from '@quorate/server'
import { systemClock } from '@quorate/transport'
import type { Cluster } from './cluster.ts'
import type { Narrator } from './narrator.ts'
import { within } from './within.ts'

/** What every step of the demonstration works with. */
export interface Story {
  readonly cluster: Cluster
  readonly client: ClusterClient
  /** Follows the metadata as a broker does, from inside the demonstration. */
  readonly observer: Observer
  readonly narrator: Narrator
  /** Aborts when the user wants to end. */
  readonly stop: AbortSignal
}

/** Milliseconds no step may exceed. */
export const patienceMs = 30_000

/** Milliseconds that `step` takes. */
export async function timed(step: () => Promise<unknown>): Promise<number> {
  const startMs = systemClock.now()
  await step()
  return systemClock.now() - startMs
}

/** Asks for a barrier. @returns its offset: who has reached it has seen everything before this call */
export async function barrier({ client, stop }: Story): Promise<number> {
  const options = { signal: stop, timeoutMs: patienceMs, retryUnknown: true }
  const { offset } = await client.controllers.request(barrierApi, {}, options)
  return offset
}

/** Waits until the observer has seen everything that was committed before this call. */
export async function observeEverything(story: Story): Promise<void> {
  await story.observer.store.reached(await barrier(story), { signal: story.stop })
}

/** The id of the active controller, proven by a commit. */
export async function activeController(story: Story): Promise<number> {
  await barrier(story)
  const { activeId } = story.client.controllers
  if (activeId === undefined) throw new Error('a controller answered and nobody knows which')
  return activeId
}

/** Waits until the committed metadata is as `wanted`; `what` says how, for the error if it never is. */
export function until(
  { observer, stop }: Story,
  what: string,
  wanted: (image: MetadataImage) => boolean,
): Promise<MetadataImage> {
  return within(patienceMs, what, stop, async (signal) => {
    for await (const { image } of observer.store.changes({ signal })) if (wanted(image)) return image
    throw new Error(`the stream of changes ended before: ${what}`)
  })
}
