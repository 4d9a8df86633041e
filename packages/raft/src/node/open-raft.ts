import { type RaftOptions, validateOptions } from './options.ts'
import { RaftDriver } from './raft-driver.ts'
import type { RaftNode } from './raft-node.ts'

/**
 * Starts a node on its log: replays what was committed once a leader says what that is, votes, follows, leads.
 *
 * @throws RAFT_OPTIONS_INVALID
 */
export function openRaft(options: RaftOptions): RaftNode {
  return new RaftDriver(options, validateOptions(options))
}
