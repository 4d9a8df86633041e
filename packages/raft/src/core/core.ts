import { assertInvariant, type Epoch, type Offset, type SnapshotId, type Vote } from '@quorate/log'
import type { NodeId } from '../messages.ts'
import type { RoleName } from '../status.ts'
import type { Effect } from './effects.ts'
import type { Event } from './events.ts'
import { advanceHighWatermark, hasUntoldCommits, progressOf, propose, tellCommits } from './leader.ts'
import { onRead } from './reads.ts'
import { Replica, type ReplicaStart } from './replica.ts'
import { onRequest } from './requests.ts'
import { onFailure, onResponse } from './responses.ts'
import { RoleMachine } from './role-machine.ts'
import type { ReplicaProgress } from './roles.ts'
import { onComplete, onRefused, onStored } from './snapshot-pull.ts'
import { beginTransfer } from './transfer.ts'
import { beginVoterChange, cancelVoterChange, type VoterChange } from './voter-change.ts'
import type { VoterHistory } from './voter-history.ts'

/** The time of a step: monotonic for deadlines, wall-clock for the timestamps of batches. In milliseconds. */
export interface StepTime {
  readonly now: number
  readonly wallTime: number
}

/**
 * The consensus core: a deterministic state machine, `step(event) -> effects`.
 *
 * It does nothing itself. No promises, no clock, no disk, no network; the same events at the same times with the same
 * randomness give the same effects. Whoever drives it performs the effects in order and reports what came of them.
 */
export class Core {
  readonly #machine: RoleMachine
  /** When `tick` is due; `Infinity` for never. */
  #deadlineMs = Infinity
  #hasBegun = false

  /** A node does nothing before its first event, `begin`. */
  constructor(start: ReplicaStart, time: StepTime) {
    this.#machine = new RoleMachine(new Replica(start))
    this.#setTime(time)
  }

  get role(): RoleName {
    return this.#machine.role.name
  }

  get epoch(): Epoch {
    return this.#replica.epoch
  }

  get leaderId(): NodeId | undefined {
    return this.#machine.leaderId
  }

  /** The voter that leadership is on its way to; nothing may be proposed meanwhile. */
  get transferringTo(): NodeId | undefined {
    const { role } = this.#machine
    return role.name === 'leader' ? role.transfer?.to : undefined
  }

  /** Whether a follower waits to be told of a commit: the driver sends `settled` once it has performed the effects. */
  get hasUntoldCommits(): boolean {
    const { role } = this.#machine
    return role.name === 'leader' && hasUntoldCommits(this.#replica, role)
  }

  /** The vote this node gave in its epoch. */
  get vote(): Vote | undefined {
    return this.#replica.vote
  }

  /** The newest snapshot on this node's disk. */
  get latestSnapshot(): SnapshotId | undefined {
    return this.#replica.latestSnapshot
  }

  /** Where the log begins: at 0, or at the end of a snapshot. */
  get startOffset(): Offset {
    return this.#replica.log.startOffset
  }

  get highWatermark(): Offset {
    return this.#replica.highWatermark
  }

  /** Where the log ends, with what is not durable yet: the offset of the next proposal. */
  get endOffset(): Offset {
    return this.#replica.log.endOffset
  }

  /** Epoch of the last batch, 0 while the log is empty. */
  get lastEpoch(): Epoch {
    return this.#replica.log.lastEpoch
  }

  get durableEndOffset(): Offset {
    return this.#replica.log.durableEndOffset
  }

  /** The voters in effect, and what the log says of those before. */
  get voterHistory(): VoterHistory {
    return this.#replica.voterHistory
  }

  /** The change of the voters that this leader was asked for and has not finished. */
  get voterChange(): VoterChange | undefined {
    const { role } = this.#machine
    return role.name === 'leader' ? role.change : undefined
  }

  /** Epoch of the batch that holds `offset`; 0 if the log does not hold it, or does not know any more. */
  epochAt(offset: Offset): Epoch {
    return this.#replica.log.epochAt(offset)
  }

  /** When the driver must send a `tick` at the latest. */
  get deadlineMs(): number {
    return this.#deadlineMs
  }

  /** What the leader knows of the replicas that fetch from it; empty on any other node. */
  get progress(): readonly ReplicaProgress[] {
    const { role } = this.#machine
    return role.name === 'leader' ? progressOf(role) : []
  }

  /** Takes in one event and says what to do about it. */
  step(event: Event, time: StepTime): Effect[] {
    this.#setTime(time)
    assertInvariant(this.#hasBegun !== (event.type === 'begin'), 'a node begins once, before anything else')
    this.#handle(event)
    // What a node does first it does at its first tick, so that it is there when that happens.
    if (event.type !== 'begin') this.#machine.settle()
    this.#deadlineMs = this.#machine.deadlineMs
    return this.#replica.takeEffects()
  }

  get #replica(): Replica {
    return this.#machine.replica
  }

  #setTime({ now, wallTime }: StepTime): void {
    this.#replica.now = now
    this.#replica.wallTime = wallTime
  }

  #handle(event: Event): void {
    const { role } = this.#machine
    switch (event.type) {
      case 'begin':
        this.#hasBegun = true
        return this.#machine.begin(event.voters)
      case 'tick':
        return
      case 'written':
        this.#replica.log.written(event.id)
        if (role.name === 'leader') advanceHighWatermark(this.#replica, role)
        return
      case 'settled':
        if (role.name === 'leader') tellCommits(this.#replica, role)
        return
      case 'snapshot-stored':
        return onStored(this.#replica, event.snapshotId, event.position)
      case 'snapshot-complete':
        return onComplete(
          this.#replica,
          role.name === 'follower' ? role : undefined,
          event.snapshotId,
          event.voters,
        )
      case 'snapshot-refused':
        return onRefused(this.#replica, role.name === 'follower' ? role : undefined, event.snapshotId)
      case 'snapshot-made':
        this.#replica.latestSnapshot = event.snapshotId
        return this.#replica.log.moveStart(event.oldest)
      case 'propose':
        assertInvariant(role.name === 'leader', 'only a leader appends')
        return propose(this.#replica, event.payload)
      case 'read':
        assertInvariant(role.name === 'leader', 'only a leader answers reads')
        return onRead(this.#replica, role, { local: true, readId: event.readId })
      case 'transfer':
        assertInvariant(role.name === 'leader', 'only a leader hands leadership over')
        return beginTransfer(this.#replica, role, event.to)
      case 'change-voters':
        assertInvariant(role.name === 'leader', 'only a leader changes the voters')
        return beginVoterChange(this.#replica, role, event)
      case 'cancel-voter-change':
        if (role.name === 'leader') cancelVoterChange(role, event.changeId)
        return
      case 'resign':
        if (role.name === 'leader') this.#machine.become({ to: 'resigned' })
        return
      case 'request':
        return onRequest(this.#machine, event.requestId, event.request)
      case 'response':
        return onResponse(this.#machine, event.correlationId, event.response)
      case 'failure':
        return onFailure(this.#machine, event.correlationId, event.reason)
    }
  }
}
