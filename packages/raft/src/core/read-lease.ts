import type { CoreConfig } from './config.ts'
import type { Replica } from './replica.ts'
import { type Leader, progressOfVoter } from './roles.ts'

/** How long a follower keeps its vote to itself, and how far a leader trusts clocks. */
export interface ReadLease {
  readonly durationMs: number
  /** Over any time, one clock counts at most this much more than another, as a share of what the other counts. */
  readonly maxClockDriftRatio: number
}

/** A round of reads, and when a response named it first or later. */
export interface RoundMark {
  readonly round: number
  readonly sentMs: number
}

/** How many marks fit into a lease: a lease is confirmed this much later than it could be, at worst. */
const marksPerLease = 8

/** Marks that are kept while nobody echoes them. */
const maxMarks = 2 * marksPerLease

/**
 * Read leases: a leader answers reads at once while a majority of voters has promised to elect nobody else.
 *
 * A follower that takes in a response of its leader promises, on its own clock, not to vote and not to stand for
 * `durationMs`. Its next fetch tells the leader so, by echoing the round that the response named. The leader knows when it
 * named that round first: the promise began after that. So it holds for that long from then on, made shorter by the
 * most that the clocks may drift apart. Only differences of one clock are ever used.
 *
 * A promise is not broken for a connection that is refused: that is evidence, and good enough to ask for pre-votes, but
 * whoever sends packets back may be a firewall. A node that starts does not know what it promised: it keeps its vote to
 * itself for as long as it could have. A leader that gives its epoch up sets its followers free.
 */
export function promise(replica: Replica): void {
  const { readLease } = replica.config
  if (readLease === undefined) return
  replica.promisedUntilMs = Math.max(replica.promisedUntilMs, replica.now + readLease.durationMs)
}

/** Whether this node promised a leader not to vote yet. */
export function isBound(replica: Replica): boolean {
  return replica.now < replica.promisedUntilMs
}

/** The leader it promised something to leads no more, and said so itself. */
export function setFree(replica: Replica): void {
  replica.promisedUntilMs = -Infinity
}

/** What a fetch promises: for how long after the response whose round it echoes its sender does not vote. */
export function promisedLease({ readLease }: CoreConfig): { readonly leaseMs?: number } {
  return readLease === undefined ? {} : { leaseMs: readLease.durationMs }
}

/** A response leaves: it may name a new round, so that its echo makes leases longer. */
export function markRound(replica: Replica, role: Leader): void {
  const { readLease } = replica.config
  if (readLease === undefined) return
  const lastMs = role.marks.at(-1)?.sentMs ?? -Infinity
  if (replica.now - lastMs < readLease.durationMs / marksPerLease) return
  if (role.roundSent) role.round += 1
  role.marks.push({ round: role.round, sentMs: replica.now })
  if (role.marks.length > maxMarks) role.marks.shift()
}

/** Until when the promise of a replica holds that echoed `readRound`, on the leader's clock; `-Infinity` for none. */
export function leaseEnd(
  replica: Replica,
  role: Leader,
  { readRound, leaseMs = 0 }: { readonly readRound: number; readonly leaseMs?: number },
): number {
  const { readLease } = replica.config
  if (readLease === undefined || leaseMs === 0) return -Infinity
  const mark = role.marks.findLast(({ round }) => round <= readRound)
  return mark === undefined ? -Infinity : mark.sentMs + leaseMs / (1 + readLease.maxClockDriftRatio)
}

/** Whether a majority of voters, this one among them, elects nobody else before the present moment is over. */
export function hasLease(replica: Replica, role: Leader): boolean {
  if (replica.config.readLease === undefined) return false
  const { voters, now } = replica
  let bound = 0
  for (const voter of voters) {
    if (replica.isSelf(voter) || (progressOfVoter(role, voter)?.leaseEndMs ?? -Infinity) > now) bound += 1
  }
  return bound * 2 > voters.length
}
