import { type RaftOptions, validateOptions } from './options.ts'
import { RaftDriver } from './raft-driver.ts'
import type { RaftNode } from './raft-node.ts'

/**
 * Starts a node on its log: replays what was committed once a leader says what that is, votes, follows, leads.
 *
 * With `snapshots`, the state machine loads the newest one first; the node takes part once it has.
 *
 * @throws RAFT_OPTIONS_INVALID, RAFT_SNAPSHOT_MISSING (the log begins behind the end of every snapshot)
 */
export function openRaft(options: RaftOptions): RaftNode {
  return new RaftDriver(options, validateOptions(options))
}
