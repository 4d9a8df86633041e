/** What to do about errors of the layers below, by code. */
const advice: Readonly<Record<string, string>> = {
  CONTROLLER_UNAVAILABLE: 'Check with quorate describe quorum that a majority of the controllers runs',
  INCONSISTENT_CLUSTER_ID: 'Correct the addresses in "controllers", or format this node for that cluster',
  INVALID_REPLICATION_FACTOR: 'Ask for fewer replicas, or start more brokers',
  INVALID_TOPIC_EXCEPTION: 'Choose a name of letters, digits, ".", "_" and "-", 249 at most',
  LOG_CORRUPT: 'Keep the directory for inspection, give the node another one and format it',
  LOG_DAMAGED: 'Keep the directory for inspection, give the node another one and format it',
  LOG_FAILED: 'Check the disk, then start the node again',
  LOG_LOCKED: 'Stop the other process first, or give this node a directory of its own',
  LOG_NOT_FOUND: 'Restore the directory from a backup, or give the node another one and format it',
  LOG_OFFSET_OUT_OF_RANGE: 'Leave --from out to begin at the start of the log',
  TOPIC_ALREADY_EXISTS: 'Choose another name, or leave the topic as it is',
  TRANSPORT_ADDRESS_IN_USE: 'Stop the process that listens there, or change "listener" in the config file',
  TRANSPORT_ADDRESS_INVALID: 'Correct "listener" in the config file, or the address given to --bootstrap',
  TRANSPORT_FRAME_TOO_LARGE: 'Split the request',
  TRANSPORT_REFUSED: 'Check the address, and that the node runs',
  TRANSPORT_UNREACHABLE: 'Check the address and the network',
  UNKNOWN_TOPIC_OR_PARTITION: 'quorate describe topics lists what there is',
}

/** What to do about the error `code`, as a sentence. */
export function adviceFor(code: string): string {
  return advice[code] ?? 'docs/reference/errors.md says what the code means'
}
