import type { Batch, Offset } from '@quorate/log'
import type { ProposalPosition } from '@quorate/raft'
import { check } from './violation.ts'

/** A proposal whose outcome its client waits for. */
interface Append {
  readonly value: number
  /** Everything before it was acknowledged or read before this append was made. */
  readonly after: Offset
  readonly proposal: ProposalPosition
}

/**
 * The exact check of a log from its clients' side. It needs no search: offsets and unique values say it all.
 *
 * One value an offset and one offset a value; an append made after another was acknowledged or read lies behind it; a read
 * sees all of that; what is acknowledged is committed by then; what was refused or overwritten never is. Since offsets
 * put all operations in one order, this is linearizability.
 */
export class AppendHistory {
  readonly #offsets = new Map<number, Offset>()
  #acknowledgements = 0
  readonly #absent = new Set<number>()
  /** Some client knows that everything before it is committed. */
  #knownOffset: Offset = 0
  #nextValue = 1

  get acknowledgements(): number {
    return this.#acknowledgements
  }

  /** A value that nobody has used yet. */
  newValue(): number {
    this.#nextValue += 1
    return this.#nextValue
  }

  /** `value` was accepted by a leader; its outcome is open. */
  proposed(value: number, proposal: ProposalPosition): Append {
    return { value, proposal, after: this.#knownOffset }
  }

  /** `value` was refused, so it is nowhere. */
  refused(value: number): void {
    this.#absent.add(value)
  }

  /** The first node to apply `batch` says what was committed. */
  committed(value: number, batch: Batch): void {
    check(
      !this.#absent.has(value),
      'refused and lost appends are absent',
      () => `value ${value} is at ${batch.baseOffset}, and its client was told that it is nowhere`,
    )
    const known = this.#offsets.get(value) ?? batch.baseOffset
    this.#offsets.set(value, known)
    check(
      known === batch.baseOffset,
      'one place a record',
      () => `value ${value} is at ${known} and at ${batch.baseOffset}`,
    )
  }

  /** The node that took `append` says that it is committed. */
  acknowledged({ value, proposal, after }: Append): void {
    check(
      this.#offsets.get(value) === proposal.baseOffset,
      'what is acknowledged is committed',
      () => `value ${value} is acknowledged at ${proposal.baseOffset}, and is at ${this.#offsets.get(value)}`,
    )
    check(
      proposal.baseOffset >= after,
      'appends in real-time order',
      () =>
        `value ${value} is at ${proposal.baseOffset}, and all before ${after} was known before it was made`,
    )
    this.#acknowledgements += 1
    this.#knownOffset = Math.max(this.#knownOffset, proposal.lastOffset + 1)
  }

  /** A linearizable read begins. @returns what it must see: everything before this offset */
  readBegins(): Offset {
    return this.#knownOffset
  }

  /** A read that began when `mustSee` was known saw everything before `appliedOffset`, having been told to wait for `index`. */
  readEnds(mustSee: Offset, index: Offset, appliedOffset: Offset): void {
    check(
      appliedOffset >= mustSee && appliedOffset >= index,
      'reads see what was acknowledged',
      () =>
        `a read sees what is before ${appliedOffset}, should see ${mustSee}, and was told to wait for ${index}`,
    )
    this.#knownOffset = Math.max(this.#knownOffset, appliedOffset)
  }

  /** The node that took `append` says that it is nowhere. */
  lost({ value }: Append): void {
    this.#absent.add(value)
    check(
      !this.#offsets.has(value),
      'refused and lost appends are absent',
      () => `value ${value} is called lost, and is at ${this.#offsets.get(value)}`,
    )
  }
}

/** A proposal under way, as {@link AppendHistory} follows it. */
export type { Append }
