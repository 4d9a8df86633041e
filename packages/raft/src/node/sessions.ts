import type { Batch, Epoch, Offset } from '@quorate/log'
import { RaftError } from '../errors.ts'
import type { ProposalPosition } from '../proposal.ts'
import { hasHeader, type SessionId, type SessionSequence } from '../sessions/session-header.ts'
import { SessionTable, sessionWindow } from '../sessions/session-table.ts'

/** An epoch that this node leads, and the offset of its first batch. */
interface Reign {
  readonly epoch: Epoch
  readonly epochStart: Offset
}

/** What is asked of a proposal before it is appended. */
export interface SessionContext {
  /** The epoch that is led. */
  readonly epoch: Epoch
  readonly appliedOffset: Offset
}

/**
 * Has every proposal of a session applied once, however often it is proposed.
 *
 * A leader knows all that is in its log: what is committed from the table, and what it appended itself since. So a
 * proposal that is repeated is found, and never appended again: no log ever holds it twice.
 */
export class Sessions {
  readonly table = new SessionTable()
  /** What this leader appended in its epoch and is not applied yet, by session, in order. */
  readonly #inFlight = new Map<SessionId, SessionProposal[]>()
  #reign: Reign | undefined

  /** This node leads an epoch, which begins at `epochStart`; without that, somebody else does, or nobody. */
  leads({ epoch, epochStart }: { readonly epoch: Epoch; readonly epochStart?: Offset }): void {
    this.#reign = epochStart === undefined ? undefined : { epoch, epochStart }
    this.#inFlight.clear()
  }

  /**
   * Where the proposal already is, if it is one that is repeated.
   *
   * A leader that was replaced and does not know it yet does not know either what was committed since: the errors that
   * speak of the session say in which epoch this node leads. Whoever was told of a later one asks elsewhere.
   *
   * @throws RAFT_NOT_LEADER (not everything before this reign is applied, so that nobody knows yet), RAFT_SESSION_EXPIRED,
   *   RAFT_SEQUENCE_OUT_OF_ORDER, RAFT_OVERLOADED
   */
  find(place: SessionSequence, context: SessionContext): SessionProposal | undefined {
    const { id, sequence } = place
    const details = { ...place, epoch: context.epoch }
    this.assertReady(context)
    const committed = this.table.lastSequence(id)
    if (committed === undefined) {
      throw new RaftError('RAFT_SESSION_EXPIRED', `there is no session ${id}, or it was closed`, details)
    }
    const inFlight = this.#inFlight.get(id) ?? []
    const last = inFlight.at(-1)?.sequence ?? committed
    if (sequence === last + 1) {
      if (inFlight.length < sessionWindow) return undefined
      throw new RaftError('RAFT_OVERLOADED', `${sessionWindow} proposals of session ${id} wait already`, {
        ...place,
      })
    }
    const pending = inFlight.find((proposal) => proposal.sequence === sequence)
    if (pending !== undefined) return pending
    const position = this.table.find(place)
    if (position !== undefined) return { sequence, position, isCommitted: true }
    const message = `session ${id} is at ${last}: ${sequence} is not the next, and not one of the last ${sessionWindow}`
    throw new RaftError('RAFT_SEQUENCE_OUT_OF_ORDER', message, { ...details, lastSequence: last })
  }

  /** A leader that has just been elected learns what is in its log as it applies it. @throws RAFT_NOT_LEADER */
  assertReady({ epoch, appliedOffset }: SessionContext): void {
    if (this.#reign?.epoch === epoch && appliedOffset > this.#reign.epochStart) return
    throw new RaftError(
      'RAFT_NOT_LEADER',
      'this node has not applied everything before its epoch yet; try again',
    )
  }

  /** The proposal is appended. */
  appended({ id, sequence }: SessionSequence, position: ProposalPosition): void {
    const inFlight = this.#inFlight.get(id) ?? []
    inFlight.push({ sequence, position, isCommitted: false })
    this.#inFlight.set(id, inFlight)
  }

  /** Takes account of committed proposals. */
  apply(batches: readonly Batch[]): void {
    for (const batch of batches) {
      if (!hasHeader(batch)) continue
      this.table.apply(batch)
      this.#settle(batch)
    }
  }

  #settle({ baseOffset }: Batch): void {
    for (const [id, inFlight] of this.#inFlight) {
      if (inFlight[0]?.position.baseOffset !== baseOffset) continue
      inFlight.shift()
      if (inFlight.length === 0) this.#inFlight.delete(id)
      return
    }
  }
}

/** A proposal of a session, and where it is. */
export interface SessionProposal {
  readonly sequence: number
  readonly position: ProposalPosition
  readonly isCommitted: boolean
}
