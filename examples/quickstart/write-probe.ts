import { createTopicsApi, deleteTopicsApi } from '@quorate/controller'
import type { ClusterClient } from '@quorate/server'
import { systemClock } from '@quorate/transport'

/** A write that was committed, and who took it. */
interface Commit {
  readonly atMs: number
  readonly tookMs: number
  /** The active controller that answered. */
  readonly controllerId: number | undefined
}

/** Commits one small write after the other, as fast as they are acknowledged. */
export interface WriteProbe {
  /** Resolves with the next commit that `wanted` holds for. Rejects if the probe fails. */
  next(wanted: (commit: Commit) => boolean): Promise<Commit>
  /** Finishes the write under way. @returns the commits, in order */
  stop(): Promise<readonly Commit[]>
}

const topic = 'quickstart.probe'

/**
 * Creates and deletes a topic in turn through the active controller, until it is stopped. A write that may have been
 * carried out is sent again: it is done twice without harm, for a topic that exists already was created before.
 */
export function startWriteProbe(client: ClusterClient): WriteProbe {
  const commits: Commit[] = []
  const waiting = new Set<{ wanted: (commit: Commit) => boolean; resolve: (commit: Commit) => void }>()
  const stopping = new AbortController()

  const write = async (create: boolean): Promise<void> => {
    const startMs = systemClock.now()
    const options = { retryUnknown: true, timeoutMs: 20_000 }
    if (create) {
      const topics = [{ name: topic, partitions: 1, replicationFactor: 1 }]
      const answer = await client.controllers.request(createTopicsApi, { topics }, options)
      refuseUnless(answer.topics[0]?.error, 'TOPIC_ALREADY_EXISTS')
    } else {
      const answer = await client.controllers.request(deleteTopicsApi, { topics: [{ name: topic }] }, options)
      refuseUnless(answer.topics[0]?.error, 'UNKNOWN_TOPIC_OR_PARTITION')
    }
    const atMs = systemClock.now()
    const commit = { atMs, tookMs: atMs - startMs, controllerId: client.controllers.activeId }
    commits.push(commit)
    for (const waiter of waiting) {
      if (!waiter.wanted(commit)) continue
      waiting.delete(waiter)
      waiter.resolve(commit)
    }
  }
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await write(true)
      await write(false)
    }
  }
  const finished = run()
  // The failure is told by `next` and `stop`.
  finished.catch(() => undefined)
  return {
    next: (wanted) =>
      Promise.race([
        new Promise<Commit>((resolve) => waiting.add({ wanted, resolve })),
        finished.then(() => Promise.reject(new Error('the probe was stopped'))),
      ]),
    async stop() {
      stopping.abort()
      await finished
      return commits
    },
  }
}

function refuseUnless(error: string | undefined, harmless: string): void {
  if (error !== undefined && error !== harmless) throw new Error(`the probe's write was refused: ${error}`)
}
