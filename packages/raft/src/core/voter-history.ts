import { assertInvariant, type Offset } from '@quorate/log'
import type { Voter } from '../messages.ts'

/** A set of voters and where the log says so. */
export interface VotersAt {
  /** Offset of the record; it is in effect from there on, committed or not. */
  readonly offset: Offset
  readonly voters: readonly Voter[]
}

/** What a node knows of its voters when it starts. */
export interface VoterHistoryStart {
  /** The set at the start of the log: a snapshot's, or the one that the quorum began with. */
  readonly base: readonly Voter[]
  /** Whether `base` is what the log or a snapshot said, and not what the node was told when it was set up. */
  readonly isRecorded: boolean
  /** The records in the log, ascending. */
  readonly records: readonly VotersAt[]
}

/**
 * The sets of voters that a log names, the newest of which is in effect (Raft §6, KIP-853).
 *
 * A set counts from the moment its record is appended, long before that is committed, and stops counting when the record is
 * cut off. So the node always knows all sets of its log, up to the end of it.
 */
export class VoterHistory {
  #base: readonly Voter[]
  #isBaseRecorded: boolean
  #records: VotersAt[]

  constructor(start: VoterHistoryStart) {
    this.#base = start.base
    this.#isBaseRecorded = start.isRecorded
    this.#records = [...start.records]
  }

  /** The set in effect. */
  get voters(): readonly Voter[] {
    return this.#records.at(-1)?.voters ?? this.#base
  }

  /** The set before the one in effect, if the record that replaced it is in the log. */
  get previous(): readonly Voter[] | undefined {
    if (this.#records.length === 0) return undefined
    return this.#records.at(-2)?.voters ?? this.#base
  }

  /** Offset of the record that is in effect, -1 if it is in no log that this node has. */
  get offset(): Offset {
    return this.#records.at(-1)?.offset ?? -1
  }

  /** Whether the log, or a snapshot, names the voters. */
  get isRecorded(): boolean {
    return this.#isBaseRecorded || this.#records.length > 0
  }

  /** The set that everything before `offset` leaves in effect, as a snapshot that ends there must name it. */
  at(offset: Offset): VoterHistoryStart {
    const last = this.#records.findLast((record) => record.offset < offset)
    return {
      base: last?.voters ?? this.#base,
      isRecorded: this.#isBaseRecorded || last !== undefined,
      records: [],
    }
  }

  append(record: VotersAt): void {
    assertInvariant(record.offset > this.offset, 'sets of voters follow each other in the log')
    this.#records.push(record)
  }

  /** The log was cut: what it named from `endOffset` on is in effect no more. @returns whether another set is, now */
  truncate(endOffset: Offset): boolean {
    const before = this.#records.length
    this.#records = this.#records.filter(({ offset }) => offset < endOffset)
    return this.#records.length < before
  }
}
