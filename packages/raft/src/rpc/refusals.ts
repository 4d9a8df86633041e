import type { RaftRefusal } from '../messages.ts'

/** All there are. Their places are numbers on the wire: new ones go to the end, and none ever goes away. */
export const refusals = [
  'FENCED_LEADER_EPOCH',
  'INCONSISTENT_CLUSTER_ID',
  'INVALID_VOTER_KEY',
  'NOT_LEADER',
  'POSITION_OUT_OF_RANGE',
  'SHUTTING_DOWN',
  'SNAPSHOT_NOT_FOUND',
  'UNKNOWN_LEADER_EPOCH',
] as const satisfies readonly RaftRefusal[]
