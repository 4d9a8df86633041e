/** Codes of {@link RaftError}; docs/reference/errors.md says what to do about each. */
export type RaftErrorCode =
  | 'RAFT_BATCH_TOO_LARGE'
  | 'RAFT_CHANGE_IN_PROGRESS'
  | 'RAFT_CHANGE_TIMEOUT'
  | 'RAFT_CHANGE_UNKNOWN'
  | 'RAFT_CLOSED'
  | 'RAFT_DUPLICATE_VOTER'
  | 'RAFT_FAILED'
  | 'RAFT_LAST_VOTER'
  | 'RAFT_LEADER_UNREACHABLE'
  | 'RAFT_NOT_LEADER'
  | 'RAFT_OPTIONS_INVALID'
  | 'RAFT_OUTCOME_UNKNOWN'
  | 'RAFT_OVERLOADED'
  | 'RAFT_OVERWRITTEN'
  | 'RAFT_SEQUENCE_OUT_OF_ORDER'
  | 'RAFT_SESSION_EXPIRED'
  | 'RAFT_RECOVERY_REFUSED'
  | 'RAFT_SNAPSHOTS_DISABLED'
  | 'RAFT_SNAPSHOT_MISSING'
  | 'RAFT_SNAPSHOT_UNREADABLE'
  | 'RAFT_TOO_MANY_VOTERS'
  | 'RAFT_TRANSFER_FAILED'
  | 'RAFT_VOTER_BEHIND'
  | 'RAFT_VOTER_NOT_FOUND'

/** What went wrong in a Raft node. `code` is stable, `message` is for people, `details` for programs. */
export class RaftError extends Error {
  override readonly name = 'RaftError'
  readonly code: RaftErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: RaftErrorCode,
    message: string,
    details: Record<string, unknown> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.details = details
  }
}
