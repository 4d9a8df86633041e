import { LogError, type SnapshotId, type Snapshots } from '@quorate/log'
import type { Core } from '../core/core.ts'
import type { Effect } from '../core/effects.ts'
import type { FetchSnapshotResponse, RaftRefusal } from '../messages.ts'
import type { Clock } from '../ports.ts'
import type { PendingReplies } from './pending-replies.ts'
import { findSnapshot } from './stored-snapshots.ts'

type ReplyChunk = Effect & { readonly type: 'reply-chunk' }

/** What answering takes. */
export interface SnapshotAnswersOptions {
  /** Absent if this node keeps none: then every answer is a refusal. */
  readonly snapshots: Snapshots | undefined
  readonly core: Core
  readonly replies: PendingReplies
  readonly clock: Clock
  /** Milliseconds after a part was asked for in which the next is expected. */
  readonly holdMs: number
  readonly fail: (error: Error) => void
}

/** What the log says about a range that is not there, and what that is called between nodes. */
const refusals: Readonly<Record<string, RaftRefusal>> = {
  LOG_SNAPSHOT_NOT_FOUND: 'SNAPSHOT_NOT_FOUND',
  LOG_POSITION_OUT_OF_RANGE: 'POSITION_OUT_OF_RANGE',
}

/** Answers with parts of snapshots, and knows which of them somebody is pulling. */
export class SnapshotAnswers {
  readonly #options: SnapshotAnswersOptions
  /** When a part of a snapshot was last asked for, by its end offset; of different epochs the last counts. */
  readonly #askedMs = new Map<number, number>()

  constructor(options: SnapshotAnswersOptions) {
    this.#options = options
  }

  /** Whether somebody may ask for the next part: it must not be deleted, nor the log after it. */
  isInUse({ endOffset }: SnapshotId): boolean {
    const { clock, holdMs } = this.#options
    for (const [offset, ms] of this.#askedMs) if (clock.now() - ms > holdMs) this.#askedMs.delete(offset)
    return this.#askedMs.has(endOffset)
  }

  add({ requestId, response, part }: ReplyChunk): void {
    const { snapshots, clock, replies, fail } = this.#options
    const info = snapshots === undefined ? undefined : findSnapshot(snapshots, part.snapshotId)
    if (snapshots === undefined || info === undefined)
      return replies.answer(requestId, { ...response, error: 'SNAPSHOT_NOT_FOUND' })
    this.#askedMs.set(info.endOffset, clock.now())
    const { position, maxBytes } = part
    const { timestampMs, bytes: totalBytes, checksum } = info
    snapshots.read(info, { position, maxBytes }).then(
      (bytes) => {
        const whole = { timestampMs, totalBytes, checksum }
        this.#answer(requestId, {
          ...response,
          chunk: { snapshotId: part.snapshotId, position, bytes, ...whole },
        })
      },
      (error: unknown) => {
        const refusal = error instanceof LogError ? refusals[error.code] : undefined
        if (refusal === undefined) return fail(error as Error)
        this.#answer(requestId, { ...response, error: refusal })
      },
    )
  }

  #answer(requestId: number, decided: FetchSnapshotResponse): void {
    const { core, replies } = this.#options
    // As with batches: a node that lost its epoch meanwhile speaks of that one, which is durable.
    const stillLeads = core.role === 'leader' && core.epoch === decided.epoch
    const { type, epoch } = decided
    replies.answer(requestId, stillLeads ? decided : { type, epoch, error: 'NOT_LEADER' })
  }
}
