import type { Epoch, Offset } from '@quorate/log'
import type { RaftRequest, RaftResponse } from '../messages.ts'

/** What a node that stops can still say. */
export interface LastWords {
  readonly epoch: Epoch
  readonly highWatermark: Offset
}

/** Requests of other nodes that have no answer yet. */
export class PendingReplies {
  readonly #pending = new Map<
    number,
    { readonly request: RaftRequest; readonly resolve: (response: RaftResponse) => void }
  >()
  #nextRequestId = 1

  /** @returns the id to hand to the core, and the answer that will come of it */
  add(request: RaftRequest): { readonly requestId: number; readonly response: Promise<RaftResponse> } {
    const requestId = this.#nextRequestId
    this.#nextRequestId += 1
    const { promise, resolve } = Promise.withResolvers<RaftResponse>()
    this.#pending.set(requestId, { request, resolve })
    return { requestId, response: promise }
  }

  answer(requestId: number, response: RaftResponse): void {
    this.#pending.get(requestId)?.resolve(response)
    this.#pending.delete(requestId)
  }

  /** The node stops: whoever waits is told so. */
  refuseAll(lastWords: LastWords): void {
    for (const { request, resolve } of this.#pending.values()) resolve(shuttingDown(request, lastWords))
    this.#pending.clear()
  }
}

/** The answer of a node that stops. */
export function shuttingDown(request: RaftRequest, { epoch, highWatermark }: LastWords): RaftResponse {
  const refusal = { error: 'SHUTTING_DOWN', epoch } as const
  switch (request.type) {
    case 'fetch':
      return { type: 'fetch', ...refusal, highWatermark, batches: [] }
    case 'fetch-snapshot':
      return { type: 'fetch-snapshot', ...refusal }
    case 'vote':
      return { type: 'vote', ...refusal, granted: false }
    case 'read-index':
      return { type: 'read-index', ...refusal, offset: 0 }
    case 'begin-quorum-epoch':
      return { type: 'begin-quorum-epoch', ...refusal }
    case 'end-quorum-epoch':
      return { type: 'end-quorum-epoch', ...refusal }
  }
}
