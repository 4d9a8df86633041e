import type { Offset } from '@quorate/log'
import type { Core } from '../core/core.ts'
import type { NewPayload } from '../core/events.ts'
import { RaftError } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { Outcome, Proposal } from '../proposal.ts'
import { inSession, openingPayload, type SessionId, withHeader } from '../sessions/session-header.ts'
import { NewProposals } from './new-proposals.ts'
import type { ValidTuning } from './options.ts'
import { type Outcomes, WatchedProposal } from './outcomes.ts'
import { raceSignal } from './race-signal.ts'
import type { ProposeOptions, SubmitOptions } from './raft-node.ts'
import type { Sessions } from './sessions.ts'
import type { TailCache } from './tail-cache.ts'

/** What proposing takes. */
export interface ProposerOptions {
  readonly core: Core
  readonly clock: Clock
  readonly tuning: ValidTuning
  readonly cache: TailCache
  readonly outcomes: Outcomes
  readonly sessions: Sessions
  readonly appliedOffset: () => Offset
  /** @throws what a proposal is refused with unless this node is open and leads */
  readonly assertLeads: () => void
  /** Has the core append this. */
  readonly append: (payload: NewPayload) => void
  /** Something was proposed: {@link Proposer.flush} is to be called before this turn ends. */
  readonly onProposed: () => void
}

/** Takes proposals, gives them their offsets, and hands those of a turn to the core together. */
export class Proposer {
  readonly #options: ProposerOptions
  readonly #new = new NewProposals()

  constructor(options: ProposerOptions) {
    this.#options = options
  }

  /** The offset of the next proposal. */
  get nextOffset(): Offset {
    return this.#options.core.endOffset + this.#new.count
  }

  propose(payload: Uint8Array, options: ProposeOptions): Proposal {
    const { tuning, core, outcomes, sessions, appliedOffset } = this.#options
    if (payload.byteLength > tuning.maxBatchBytes) {
      throw new RaftError(
        'RAFT_BATCH_TOO_LARGE',
        `a batch of ${payload.byteLength} bytes is over maxBatchBytes, ${tuning.maxBatchBytes}`,
        { bytes: payload.byteLength, maxBatchBytes: tuning.maxBatchBytes },
      )
    }
    this.#options.assertLeads()
    const { session } = options
    if (session === undefined) return this.#add(payload, 0, options)
    const first = sessions.find(session, { epoch: core.epoch, appliedOffset: appliedOffset() })
    if (first !== undefined) return new WatchedProposal(outcomes, first.position, first.isCommitted)
    const proposal = this.#add(withHeader(session, payload), inSession, options)
    sessions.appended(session, proposal)
    return proposal
  }

  submit(payload: Uint8Array, options: SubmitOptions): Promise<Outcome> {
    return this.#settled(() => this.propose(payload, options), options.signal)
  }

  async openSession(signal: AbortSignal | undefined): Promise<SessionId> {
    const { tuning, assertLeads } = this.#options
    const outcome = await this.#settled(() => {
      assertLeads()
      return this.#add(openingPayload(tuning.maxSessions), inSession, {})
    }, signal)
    if (outcome.status !== 'committed') throw outcome.error
    return outcome.baseOffset
  }

  /**
   * Gives the core what was proposed since the last event: nothing else may come in between, or leadership could be lost.
   *
   * It can be lost in this very call, since the core looks at its deadlines whenever it is given something. So whoever
   * asks who leads, to do something about it, calls this before.
   */
  flush(): void {
    const payload = this.#new.take()
    if (payload !== undefined) this.#options.append(payload)
  }

  /** The node stops: nothing is appended any more. */
  close(): void {
    this.#new.clear()
  }

  #add(payload: Uint8Array, attributes: number, options: ProposeOptions): Proposal {
    const { core, clock, tuning, cache, outcomes, assertLeads, onProposed } = this.#options
    const { count = 1, timestampMs = clock.wallTime() } = options
    const uncommittedBytes = cache.bytesFrom(core.highWatermark) + this.#new.bytes
    if (uncommittedBytes + payload.byteLength > tuning.maxUncommittedBytes) {
      throw new RaftError('RAFT_OVERLOADED', `${uncommittedBytes} bytes wait to be committed; retry later`, {
        uncommittedBytes,
      })
    }
    if (this.#new.bytesWith(payload) > tuning.maxBundleBytes) {
      this.flush()
      assertLeads()
    }
    const baseOffset = this.nextOffset
    this.#new.add({ payload, count, attributes, timestampMs })
    onProposed()
    return new WatchedProposal(outcomes, {
      epoch: core.epoch,
      baseOffset,
      lastOffset: baseOffset + count - 1,
    })
  }

  #settled(propose: () => Proposal, signal: AbortSignal | undefined): Promise<Outcome> {
    if (signal?.aborted === true) return rejected(signal.reason as Error)
    try {
      const { outcome } = propose()
      if (signal === undefined) return outcome
      return raceSignal(outcome, signal).catch((error: Error) => ({ status: 'unknown', error }))
    } catch (error) {
      return error instanceof RaftError ? rejected(error) : Promise.reject(error)
    }
  }
}

function rejected(error: Error): Promise<Outcome> {
  return Promise.resolve({ status: 'rejected', error })
}
