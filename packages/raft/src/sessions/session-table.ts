import { assertInvariant, type Batch, nextOffset } from '@quorate/log'
import { z } from 'zod'
import type { ProposalPosition } from '../proposal.ts'
import { headerOf, type SessionId, type SessionSequence } from './session-header.ts'

/** Proposals of a session whose places are remembered, the newest ones. As many may wait for their outcome. */
export const sessionWindow = 16

/** What is known of a session. */
interface Session {
  readonly lastSequence: number
  /** Where the newest proposals are, the last of them last. */
  readonly recent: readonly ProposalPosition[]
}

const positionSchema = z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.int().nonnegative()])

/** The table as plain data: `[id, last sequence, [epoch, base offset, last offset] of the newest proposals]`, least recently used first. */
export const sessionsSchema = z.array(
  z.tuple([z.int().nonnegative(), z.int().nonnegative(), z.array(positionSchema).max(sessionWindow)]),
)

/** What {@link sessionsSchema} accepts. */
export type SessionData = z.output<typeof sessionsSchema>

/**
 * Who proposed what last: a function of the committed log, the same on every node that has applied as much of it.
 *
 * It never holds more sessions than the batch that opened the newest of them allowed; the one that was not used for longest
 * goes first, counted in the log and not by any clock. A session that went is never taken for a new one, because its id is
 * the offset at which it was opened.
 */
export class SessionTable {
  /** Least recently used first. */
  #sessions = new Map<SessionId, Session>()

  get size(): number {
    return this.#sessions.size
  }

  /** Sequence of the last proposal of a session, 0 for none; `undefined` if there is no such session. */
  lastSequence(id: SessionId): number | undefined {
    return this.#sessions.get(id)?.lastSequence
  }

  /** Where a proposal is; `undefined` if it is not known, or not any more. */
  find({ id, sequence }: SessionSequence): ProposalPosition | undefined {
    const session = this.#sessions.get(id)
    if (session === undefined || sequence > session.lastSequence) return undefined
    return session.recent.at(sequence - session.lastSequence - 1)
  }

  /** Takes account of a committed batch that has a session header. */
  apply(batch: Batch): void {
    const header = headerOf(batch)
    if (header.opens) return this.#open(batch.baseOffset, header.maxSessions)
    const { id, sequence } = header
    const session = this.#sessions.get(id)
    // It was accepted while its session was there. It counts, and nobody can repeat it.
    if (session === undefined) return
    assertInvariant(
      sequence === session.lastSequence + 1,
      'a session’s proposals are committed in order, once each',
    )
    const { epoch, baseOffset } = batch
    const position = { epoch, baseOffset, lastOffset: nextOffset(batch) - 1 }
    this.#sessions.delete(id)
    this.#sessions.set(id, {
      lastSequence: sequence,
      recent: [...session.recent, position].slice(-sessionWindow),
    })
  }

  /** As plain data, for a snapshot: the same on every node at the same offset. */
  toData(): SessionData {
    return [...this.#sessions].map(([id, { lastSequence, recent }]) => [
      id,
      lastSequence,
      recent.map(({ epoch, baseOffset, lastOffset }) => [epoch, baseOffset, lastOffset]),
    ])
  }

  /** Replaces the table with what {@link toData} gave. */
  load(data: SessionData): void {
    this.#sessions = new Map(
      data.map(([id, lastSequence, recent]) => [
        id,
        {
          lastSequence,
          recent: recent.map(([epoch, baseOffset, lastOffset]) => ({ epoch, baseOffset, lastOffset })),
        },
      ]),
    )
  }

  #open(id: SessionId, maxSessions: number): void {
    this.#sessions.set(id, { lastSequence: 0, recent: [] })
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= maxSessions) break
      this.#sessions.delete(oldest)
    }
  }
}
