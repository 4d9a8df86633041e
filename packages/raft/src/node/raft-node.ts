import type { Offset, SnapshotInfo } from '@quorate/log'
import type { NamedVoter, NodeId } from '../messages.ts'
import type { Leadership } from '../ports.ts'
import type { Outcome, Proposal } from '../proposal.ts'
import type { SessionId, SessionSequence } from '../sessions/session-header.ts'
import type { RaftStatus, RoleChange } from '../status.ts'

/** Options of `propose`. */
export interface ProposeOptions {
  /** How many records, and so offsets, the batch takes. @default 1 */
  readonly count?: number
  /** Wall-clock milliseconds the batch is stamped with. @default the clock's wall time */
  readonly timestampMs?: number
  /**
   * Makes it harmless to propose the same again: whatever is proposed twice in one place of a session is appended once, and
   * the second proposal is told where the first one is. The sequence is 1 for the first proposal of a session and one more
   * for each; at most 16 may wait for their outcome.
   */
  readonly session?: SessionSequence
}

/** Options of `addVoter` and `removeVoter`. */
export interface ChangeVotersOptions {
  /** Milliseconds until the change must be in the log, a new voter's catching up included. @default voterChangeTimeoutMs */
  readonly timeoutMs?: number
  /** Stops waiting. The change is dropped, unless its record is in the log already: that stays. */
  readonly signal?: AbortSignal
}

/** Options of `submit`. */
export interface SubmitOptions extends ProposeOptions {
  /** Ends the wait: the outcome is unknown then, and the proposal goes its way. */
  readonly signal?: AbortSignal
}

/** A node of a quorum at work. */
export interface RaftNode extends AsyncDisposable {
  readonly id: NodeId
  /**
   * Appends `payload` as one batch of `count` records, on the leader.
   *
   * Returns at once, with the offsets it will have if it is committed, and with a promise of what became of it. It is
   * committed when the state machine is given a batch with this epoch at this offset. It is rejected for certain when the
   * state machine is given another batch there. Until one of the two, its outcome is open.
   *
   * @throws RAFT_NOT_LEADER (`details.leaderId` says who may be), RAFT_BATCH_TOO_LARGE, RAFT_OVERLOADED, RAFT_CLOSED,
   *   RAFT_FAILED; in a session also RAFT_SESSION_EXPIRED, RAFT_SEQUENCE_OUT_OF_ORDER; nothing is appended then
   */
  propose(payload: Uint8Array, options?: ProposeOptions): Proposal
  /**
   * Opens a session in which proposals can be repeated, on this node, which leads, for use on whichever node leads. It costs a
   * batch in the log, and is closed when `maxSessions` others were used after it.
   *
   * @returns its id
   * @throws what makes the outcome anything but committed; call it again, an id that nobody uses does no harm
   */
  openSession(options?: { readonly signal?: AbortSignal }): Promise<SessionId>
  /**
   * Proposes `payload` and waits for the outcome. What `propose` would throw is a rejection here: nothing was appended. A
   * signal that is aborted already is one too; one that aborts later leaves the outcome unknown.
   */
  submit(payload: Uint8Array, options?: SubmitOptions): Promise<Outcome>
  /**
   * Makes sure of a linearizable read (Raft §6.4): once it resolves, the state machine of *this* node was given everything
   * that was committed anywhere before the call. Costs a round of messages, which reads share, and no write.
   *
   * @returns the offset that other nodes can wait for with `applied` to be as new
   * @throws RAFT_NOT_LEADER (no leader is known, or it changed: ask again), RAFT_LEADER_UNREACHABLE, RAFT_CLOSED,
   *   RAFT_FAILED, or the signal's reason
   */
  read(options?: { readonly signal?: AbortSignal }): Promise<Offset>
  /**
   * Resolves once the state machine was given everything before `offset`.
   *
   * @throws RAFT_CLOSED, RAFT_FAILED, or the signal's reason
   */
  applied(offset: Offset, options?: { readonly signal?: AbortSignal }): Promise<void>
  /**
   * Hands leadership to the voter `to`, or to the one with the most of the log.
   *
   * Proposals are refused from the call on. Once everything is committed and the other holds it, this node resigns. If the
   * other does not catch up within `electionTimeoutMs`, this node goes on leading and the call rejects.
   *
   * @returns who leads then: another may have been faster than the one asked for
   * @throws RAFT_NOT_LEADER, RAFT_TRANSFER_FAILED (this node may lead still: see `leadership`), RAFT_CLOSED, RAFT_FAILED
   */
  transferLeadership(to?: NodeId): Promise<NodeId>
  /**
   * Makes a snapshot of everything that is applied now, and cuts the log where the oldest of those that are kept ends.
   * On any node; others are not concerned.
   *
   * @returns when that is durable: the snapshot, or the last one if nothing was applied since; `undefined` if nothing ever was
   * @throws RAFT_SNAPSHOTS_DISABLED, RAFT_CLOSED, RAFT_FAILED, LOG_SNAPSHOT_TOO_LARGE, LOG_IO, or what the state machine's
   *   iteration throws; there is no new snapshot then
   */
  snapshot(): Promise<SnapshotInfo | undefined>
  /**
   * Makes an observer a voter, on the leader (Raft §6, KIP-853).
   *
   * The node must run and fetch by then: the leader waits until it has caught up, since from the moment the record is
   * appended nothing is committed that a majority with the new voter does not hold. Resolves when the record is committed.
   * If this very voter is one already, only its endpoints are replaced; RAFT_DUPLICATE_VOTER as long as its directory is not
   * known, which its first fetch changes.
   *
   * A node whose disk was replaced is removed with its old directory first and added with the new one then.
   *
   * @throws RAFT_NOT_LEADER, RAFT_CHANGE_IN_PROGRESS, RAFT_DUPLICATE_VOTER, RAFT_TOO_MANY_VOTERS, RAFT_VOTER_BEHIND,
   *   RAFT_CHANGE_TIMEOUT, RAFT_OPTIONS_INVALID: nothing was changed; RAFT_CHANGE_UNKNOWN, RAFT_CLOSED, RAFT_FAILED, or the
   *   signal's reason: look at `status().voters` of the leader
   */
  addVoter(voter: NamedVoter, options?: ChangeVotersOptions): Promise<void>
  /**
   * Makes a voter an observer, on the leader. Resolves when the record is committed, without that voter's help.
   *
   * A leader that removes itself leads until then, does not count itself meanwhile, and gives up afterwards. A node that was
   * removed follows as an observer as long as it runs; it does not come back by itself.
   *
   * @throws RAFT_NOT_LEADER, RAFT_CHANGE_IN_PROGRESS, RAFT_VOTER_NOT_FOUND, RAFT_LAST_VOTER, RAFT_CHANGE_TIMEOUT,
   *   RAFT_OPTIONS_INVALID: nothing was changed; RAFT_CHANGE_UNKNOWN, RAFT_CLOSED, RAFT_FAILED, or the signal's reason: look
   *   at `status().voters` of the leader
   */
  removeVoter(voter: NamedVoter, options?: ChangeVotersOptions): Promise<void>
  /** Gives up leadership, if this node has it: followers elect another one without waiting for a timeout. */
  resign(): void
  /**
   * The role of this node and who leads: as it is now, and then as it changes. A slow reader sees the newest only. Ends
   * when the node stops, closed or failed, or when the signal aborts.
   *
   * The core changes role before the state machine has caught up: who must know that its own state is complete waits for
   * `StateMachine.leadership` instead.
   */
  roles(options?: { readonly signal?: AbortSignal }): AsyncIterable<RoleChange>
  status(): RaftStatus
  /** Who leads, as far as this node knows. */
  readonly leadership: Leadership
  /** The offset the next proposal gets, while this node leads. */
  readonly nextOffset: Offset
  /** Settles when the node stopped by itself: its log failed, or a rule that must hold did not. Never after `close`. */
  readonly failed: Promise<Error>
  /** A leader says goodbye first. Requests of others are refused from then on. Idempotent. */
  close(): Promise<void>
}
