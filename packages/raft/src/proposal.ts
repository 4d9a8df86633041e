import type { Epoch, Offset } from '@quorate/log'

/**
 * What became of a proposal. The three are all there is, and none of them ever turns into another.
 *
 * - `committed`: a majority holds it durably, and the state machine of the node that was asked was given it.
 * - `rejected`: it is nowhere, and never will be. It may be proposed again without harm.
 * - `unknown`: it may be committed, now or later, or never. Whoever proposes it again may have it twice.
 */
export type Outcome = Committed | Rejected | OutcomeUnknown

/** Where a proposal is, if it is anywhere. An epoch and an offset name one batch, since a node leads an epoch once. */
export interface ProposalPosition {
  readonly epoch: Epoch
  readonly baseOffset: Offset
  readonly lastOffset: Offset
}

/** The proposal is part of the log, and stays. */
export interface Committed extends ProposalPosition {
  readonly status: 'committed'
}

/**
 * The proposal was certainly not written. `error` says why: RAFT_OVERWRITTEN (another leader's batch was committed in its
 * place), or what `propose` throws.
 */
export interface Rejected {
  readonly status: 'rejected'
  readonly error: Error
}

/**
 * Nobody here can say. `error` says why: RAFT_OUTCOME_UNKNOWN (leadership was lost, and `outcomeTimeoutMs` later the next
 * leader had not settled it), RAFT_CLOSED, RAFT_FAILED, or the reason of the signal that ended the wait.
 */
export interface OutcomeUnknown {
  readonly status: 'unknown'
  readonly error: Error
}

/** Where a proposal will be if it is committed, and what becomes of it. */
export interface Proposal extends ProposalPosition {
  /**
   * What became of it. Never rejects. Resolves at the latest `outcomeTimeoutMs` after this node stopped leading, or when
   * it is closed; as long as it leads, when a majority has answered. Watched only from the first time it is asked for.
   */
  readonly outcome: Promise<Outcome>
}
