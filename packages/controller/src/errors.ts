/**
 * The codes of this package and their numbers in Kafka's protocol (`clients/.../protocol/Errors.java`). Requests and
 * results carry the name.
 */
export const errorNumbers = {
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  INVALID_TOPIC_EXCEPTION: 17,
  TOPIC_ALREADY_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_REPLICA_ASSIGNMENT: 39,
  INVALID_CONFIG: 40,
  NOT_CONTROLLER: 41,
  INVALID_REQUEST: 42,
  POLICY_VIOLATION: 44,
  FENCED_LEADER_EPOCH: 74,
  STALE_BROKER_EPOCH: 77,
  INVALID_UPDATE_VERSION: 95,
  UNKNOWN_TOPIC_ID: 100,
  DUPLICATE_BROKER_REGISTRATION: 101,
  BROKER_ID_NOT_REGISTERED: 102,
  INCONSISTENT_CLUSTER_ID: 104,
  INELIGIBLE_REPLICA: 107,
  INVALID_REGISTRATION: 119,
} as const

/**
 * Code of an `RpcError`: leadership was lost while the write was under way, so it may or may not be committed. Kafka
 * answers REQUEST_TIMED_OUT or NOT_CONTROLLER then, which do not say so.
 */
export const OUTCOME_UNKNOWN = 'OUTCOME_UNKNOWN'

/** Name of an error of Kafka's protocol. */
export type ErrorCode = keyof typeof errorNumbers

/**
 * An operation refused a request; nothing was written for it. `code` is stable, `message` says what was wrong and what
 * to do. It reaches callers over the network as an `RpcError` with the same code.
 */
export class ControllerError extends Error {
  override readonly name = 'ControllerError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}
