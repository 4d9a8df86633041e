import type { Batch, Epoch, Offset } from '@quorate/log'
import type { Core } from '../core/core.ts'
import { type RaftGauge, type RaftMetrics, roleNumbers } from '../metrics.ts'
import type { Clock } from '../ports.ts'

/** The batch whose way to its commit is being timed. */
interface TimedBatch {
  readonly epoch: Epoch
  readonly baseOffset: Offset
  readonly sinceMs: number
}

/** Measures one node. Gauges are compared once a turn, so that a busy turn costs what a quiet one does. */
export class NodeMeter {
  readonly #metrics: RaftMetrics
  readonly #core: Core
  readonly #clock: Clock
  readonly #gauges = new Map<RaftGauge, number>()
  /** When the turn under way began; `undefined` between turns. */
  #turnBeganMs: number | undefined
  #electionBeganMs: number | undefined
  #timed: TimedBatch | undefined
  #isStopped = false

  constructor(metrics: RaftMetrics, core: Core, clock: Clock) {
    this.#metrics = metrics
    this.#core = core
    this.#clock = clock
    this.#setGauges()
  }

  /** The node has work; the first call of a turn is its beginning. */
  worked(nowMs: number): void {
    this.#turnBeganMs ??= nowMs
  }

  /** The role, the epoch or the leader changed. */
  roleChanged(nowMs: number): void {
    const { role, leaderId } = this.#core
    if (role === 'prospective' || role === 'candidate') this.#electionBeganMs ??= nowMs
    if (leaderId === undefined || this.#electionBeganMs === undefined) return
    this.#metrics.record('raft_election_latency_ms', nowMs - this.#electionBeganMs)
    this.#electionBeganMs = undefined
  }

  /** These batches are on their way to the log. */
  appended(batches: readonly Batch[]): void {
    let records = 0
    for (const batch of batches) records += batch.count
    const leads = this.#core.role === 'leader'
    this.#metrics.add(leads ? 'raft_append_records' : 'raft_fetch_records', records)
    const first = batches[0]
    if (!leads || first === undefined || this.#timed !== undefined) return
    const { epoch, baseOffset } = first
    this.#timed = { epoch, baseOffset, sinceMs: this.#turnBeganMs ?? this.#clock.now() }
  }

  /** Everything that this turn's events set off was decided. */
  turnEnded(): void {
    if (this.#isStopped) return
    const nowMs = this.#clock.now()
    if (this.#turnBeganMs !== undefined) this.#metrics.add('raft_busy_ms', nowMs - this.#turnBeganMs)
    this.#turnBeganMs = undefined
    this.#timeCommit(nowMs)
    this.#setGauges()
  }

  /** The node is no more. */
  stopped(): void {
    this.#isStopped = true
    this.#set('raft_current_state', -1)
    this.#set('raft_current_leader', -1)
  }

  #timeCommit(nowMs: number): void {
    const timed = this.#timed
    if (timed === undefined) return
    const { role, epoch, highWatermark } = this.#core
    const isCommitted = highWatermark > timed.baseOffset
    if (role === 'leader' && epoch === timed.epoch && !isCommitted) return
    this.#timed = undefined
    if (isCommitted && epoch === timed.epoch) {
      this.#metrics.record('raft_commit_latency_ms', nowMs - timed.sinceMs)
    }
  }

  #setGauges(): void {
    const core = this.#core
    this.#set('raft_current_state', roleNumbers.indexOf(core.role))
    this.#set('raft_current_leader', core.leaderId ?? -1)
    this.#set('raft_current_vote', core.vote?.id ?? -1)
    this.#set('raft_current_epoch', core.epoch)
    this.#set('raft_high_watermark', core.highWatermark)
    this.#set('raft_log_end_offset', core.endOffset)
    this.#set('raft_log_end_epoch', core.lastEpoch)
  }

  #set(name: RaftGauge, value: number): void {
    if (this.#gauges.get(name) === value) return
    this.#gauges.set(name, value)
    this.#metrics.set(name, value)
  }
}
