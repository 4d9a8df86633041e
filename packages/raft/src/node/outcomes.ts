import type { Epoch, Offset } from '@quorate/log'
import { RaftError } from '../errors.ts'
import type { Cancel, Clock } from '../ports.ts'
import type { Outcome, Proposal, ProposalPosition } from '../proposal.ts'

/** What outcomes are told from. */
export interface OutcomesOptions {
  readonly clock: Clock
  /** How long after a reign its proposals may wait. */
  readonly timeoutMs: number
  /** Everything before it is committed, and was given to the state machine. */
  readonly appliedOffset: () => Offset
  /** Epoch of the batch at a committed offset; 0 if the log does not reach back so far any more. */
  readonly epochAt: (offset: Offset) => Epoch
}

interface Wait {
  readonly position: ProposalPosition
  readonly resolve: (outcome: Outcome) => void
}

/**
 * Tells what became of proposals.
 *
 * Nothing is kept of a proposal that nobody asks about: whether it was committed is in the log. What was applied at its
 * offset is either it or, in another epoch, the proof that it never will be.
 */
export class Outcomes {
  readonly #options: OutcomesOptions
  /** Ascending by offset. */
  #waits: Wait[] = []
  /** Proposals of this epoch and before are given up if they are not settled. */
  #abandonedEpoch: Epoch = 0
  #reign: Epoch | undefined
  readonly #timers = new Set<Cancel>()
  #end: RaftError | undefined

  constructor(options: OutcomesOptions) {
    this.#options = options
  }

  /** What becomes of the proposal at `position`. */
  of(position: ProposalPosition): Promise<Outcome> {
    const settled = this.#settled(position) ?? this.#abandoned(position)
    if (settled !== undefined) return Promise.resolve(settled)
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    let index = this.#waits.length
    while (index > 0 && (this.#waits[index - 1] as Wait).position.baseOffset > position.baseOffset) index -= 1
    this.#waits.splice(index, 0, { position, resolve })
    return promise
  }

  /** The state machine was given more: settles what lies before. */
  applied(): void {
    let count = 0
    for (const { position, resolve } of this.#waits) {
      const outcome = this.#settled(position)
      if (outcome === undefined) break
      resolve(outcome)
      count += 1
    }
    if (count > 0) this.#waits = this.#waits.slice(count)
  }

  /** From now on this node leads `epoch`, or no epoch. What the next leader of a reign that ended does not settle in time is unknown. */
  leads(epoch: Epoch | undefined): void {
    if (this.#reign !== undefined) this.#reignEnded(this.#reign)
    this.#reign = epoch
  }

  /** The node stops: whatever is not settled is unknown, because of `error`. */
  close(error: RaftError): void {
    this.#end = error
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
    this.#giveUp()
  }

  #reignEnded(epoch: Epoch): void {
    const cancel = this.#options.clock.setTimer(this.#options.timeoutMs, () => {
      this.#timers.delete(cancel)
      this.#abandonedEpoch = Math.max(this.#abandonedEpoch, epoch)
      this.#giveUp()
    })
    this.#timers.add(cancel)
  }

  #giveUp(): void {
    const waits = this.#waits
    this.#waits = []
    for (const wait of waits) {
      const outcome = this.#abandoned(wait.position)
      if (outcome === undefined) this.#waits.push(wait)
      else wait.resolve(outcome)
    }
  }

  #settled(position: ProposalPosition): Outcome | undefined {
    const { epoch, baseOffset, lastOffset } = position
    if (baseOffset >= this.#options.appliedOffset()) return undefined
    const committedEpoch = this.#options.epochAt(baseOffset)
    if (committedEpoch === epoch) return { status: 'committed', epoch, baseOffset, lastOffset }
    if (committedEpoch === 0) return unknown('the log does not reach back to it any more', position)
    const message = `epoch ${committedEpoch} committed another batch at offset ${baseOffset}`
    return { status: 'rejected', error: new RaftError('RAFT_OVERWRITTEN', message, { ...position }) }
  }

  #abandoned(position: ProposalPosition): Outcome | undefined {
    if (this.#end !== undefined) return { status: 'unknown', error: this.#end }
    if (position.epoch > this.#abandonedEpoch) return undefined
    return unknown('leadership was lost before it was committed', position)
  }
}

function unknown(why: string, position: ProposalPosition): Outcome {
  return { status: 'unknown', error: new RaftError('RAFT_OUTCOME_UNKNOWN', why, { ...position }) }
}

/** A proposal whose outcome is watched from the first time somebody asks. */
export class WatchedProposal implements Proposal {
  readonly epoch: Epoch
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  readonly #outcomes: Outcomes
  #outcome: Promise<Outcome> | undefined

  /** @param isCommitted - that it is committed is known, also if the log does not reach back to it any more */
  constructor(outcomes: Outcomes, { epoch, baseOffset, lastOffset }: ProposalPosition, isCommitted = false) {
    this.epoch = epoch
    this.baseOffset = baseOffset
    this.lastOffset = lastOffset
    this.#outcomes = outcomes
    if (isCommitted) this.#outcome = Promise.resolve({ status: 'committed', epoch, baseOffset, lastOffset })
  }

  get outcome(): Promise<Outcome> {
    this.#outcome ??= this.#outcomes.of(this)
    return this.#outcome
  }
}
