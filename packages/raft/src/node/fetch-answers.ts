import { type Batch, LogError } from '@quorate/log'
import type { Core } from '../core/core.ts'
import type { Effect } from '../core/effects.ts'
import type { FetchResponse } from '../messages.ts'
import type { BatchReader } from './batch-reader.ts'
import type { PendingReplies } from './pending-replies.ts'

type ReplyBatches = Effect & { readonly type: 'reply-batches' }

/** What answering fetches takes. */
export interface FetchAnswersOptions {
  readonly core: Core
  readonly reader: BatchReader
  readonly replies: PendingReplies
  readonly fail: (error: Error) => void
}

/** Fetches that the leader answers with batches: with all there are when they leave, not when that was decided. */
export class FetchAnswers {
  readonly #options: FetchAnswersOptions
  #waiting: ReplyBatches[] = []

  constructor(options: FetchAnswersOptions) {
    this.#options = options
  }

  add(effect: ReplyBatches): void {
    this.#waiting.push(effect)
  }

  /** Reads and answers what was added. @returns how many answers that makes */
  flush(): number {
    if (this.#waiting.length === 0) return 0
    const fetches = this.#waiting
    this.#waiting = []
    for (const fetch of fetches) this.#read(fetch)
    return fetches.length
  }

  #read({ requestId, response, from }: ReplyBatches): void {
    const batches = this.#options.reader.read(from, Infinity)
    if (!(batches instanceof Promise)) return this.#answer(requestId, response, batches)
    batches.then(
      (read) => this.#answer(requestId, response, read),
      (error: unknown) => {
        // The log was cut for a snapshot meanwhile: with nothing to go on, the follower asks again and is told.
        const isCut = error instanceof LogError && error.code === 'LOG_OFFSET_OUT_OF_RANGE'
        if (isCut && from < this.#options.core.startOffset) return this.#answer(requestId, response, [])
        this.#options.fail(error as Error)
      },
    )
  }

  #answer(requestId: number, decided: FetchResponse, batches: readonly Batch[]): void {
    const { role, epoch, highWatermark } = this.#options.core
    // Since this was decided, the node may have lost its epoch, and the suffix it read with it. Then it speaks of the epoch
    // it lost, which is durable; the one it is in now may not be yet.
    const stillLeads = role === 'leader' && epoch === decided.epoch
    const response: FetchResponse = stillLeads ? { ...decided, highWatermark, batches } : refusal(decided)
    this.#options.replies.answer(requestId, response)
  }
}

function refusal({ epoch, highWatermark }: FetchResponse): FetchResponse {
  return { type: 'fetch', error: 'NOT_LEADER', epoch, highWatermark, batches: [] }
}
