import type { Offset } from '@quorate/log'
import type { Core } from '../core/core.ts'
import { RaftError } from '../errors.ts'
import type { RaftTransport } from '../ports.ts'
import { notLeader } from './not-leader.ts'
import type { PendingReads } from './pending-calls.ts'

/** What asking for a read index takes. */
export interface ReadIndexOptions {
  readonly core: Core
  readonly reads: PendingReads
  readonly transport: RaftTransport
  readonly clusterId: string
  readonly nodeId: number
  readonly timeoutMs: number
  /** Gives a read to the core of this node, which leads. */
  readonly stepRead: (readId: number) => void
}

/**
 * Asks from which offset on a linearizable read may go ahead: the core, if this node leads, else the leader.
 *
 * @throws RAFT_NOT_LEADER, RAFT_LEADER_UNREACHABLE
 */
export async function readIndex(options: ReadIndexOptions): Promise<Offset> {
  const { core, reads, transport, clusterId, nodeId, timeoutMs } = options
  const { role, leaderId, epoch } = core
  if (role === 'leader') {
    const { readId, index } = reads.add()
    options.stepRead(readId)
    return index
  }
  if (leaderId === undefined) throw notLeader(nodeId, undefined)
  const request = { type: 'read-index', clusterId, epoch } as const
  const response = await transport.request(leaderId, request, { timeoutMs }).catch((cause: unknown) => {
    const message = `node ${leaderId}, the leader, did not answer`
    throw new RaftError('RAFT_LEADER_UNREACHABLE', message, { leaderId }, { cause })
  })
  if (response.type !== 'read-index' || response.error !== undefined) {
    throw notLeader(nodeId, response.leaderId)
  }
  return response.offset
}
