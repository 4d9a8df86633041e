import type { NodeId } from '../messages.ts'
import { hasLease } from './read-lease.ts'
import type { Replica } from './replica.ts'
import { type Leader, progressOfVoter } from './roles.ts'

/** Who is told that a read may go ahead: a call on this node, or a request of another. */
export type Reader =
  | { readonly local: true; readonly readId: number }
  | { readonly local: false; readonly requestId: number }

/** A read that waits until it is certain that this node led after it came. */
export interface PendingRead {
  readonly reader: Reader
  /** Confirmed once a majority has echoed this round. */
  readonly round: number
}

/**
 * Reads by read-index (Raft §6.4), in a protocol where followers pull.
 *
 * Each read belongs to a round. Responses to fetches carry the number of the newest round, and a follower's next fetch
 * echoes it: so that fetch was sent in this epoch after the read came. When a majority has echoed it, no other leader
 * can have committed anything before the read came, and everything committed is below this leader's high watermark.
 * With a lease nobody has to be asked: see `read-lease.ts`.
 */
export function onRead(replica: Replica, role: Leader, reader: Reader): void {
  // Everything that asks before the next response leaves shares a round.
  if (role.roundSent) role.round += 1
  role.roundSent = false
  role.reads.push({ reader, round: role.round })
  answerReads(replica, role)
}

/** Lets the reads go ahead whose round a majority has confirmed. */
export function answerReads(replica: Replica, role: Leader): void {
  // Until a record of its own epoch is committed, a leader does not know where its predecessors' commits end.
  if (role.reads.length === 0 || replica.highWatermark <= role.epochStart) return
  const confirmed = hasLease(replica, role) ? role.round : confirmedRound(replica, role)
  while (role.reads[0] !== undefined && role.reads[0].round <= confirmed) {
    const { reader } = role.reads.shift() as PendingRead
    answer(replica, reader)
  }
}

/** Leadership ended: nobody can say any more what these reads would have had to see. */
export function failReads(replica: Replica, role: Leader, leaderId: NodeId | undefined): void {
  for (const { reader } of role.reads) {
    if (reader.local) {
      replica.emit({ type: 'read-failed', readId: reader.readId })
      continue
    }
    const known = leaderId === undefined ? {} : { leaderId }
    const { epoch } = replica
    replica.reply(reader.requestId, { type: 'read-index', error: 'NOT_LEADER', epoch, ...known, offset: 0 })
  }
  role.reads = []
}

function confirmedRound(replica: Replica, role: Leader): number {
  const { voters } = replica
  const rounds = voters
    .map((voter) => (replica.isSelf(voter) ? role.round : (progressOfVoter(role, voter)?.readRound ?? 0)))
    .toSorted((a, b) => b - a)
  return rounds[Math.floor(voters.length / 2)] ?? 0
}

function answer(replica: Replica, reader: Reader): void {
  const { highWatermark: offset, epoch, config } = replica
  if (reader.local) {
    replica.emit({ type: 'read-index', readId: reader.readId, offset })
    return
  }
  replica.reply(reader.requestId, { type: 'read-index', epoch, leaderId: config.id, offset })
}
