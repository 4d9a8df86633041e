/**
 * What a metric is: a `gauge` has one value at a time, a `counter` only grows, a `distribution` has one value an event.
 * They are OpenTelemetry's Gauge, Counter and Histogram.
 */
export interface RaftMetricDescription {
  readonly name: string
  readonly kind: 'gauge' | 'counter' | 'distribution'
  /** What Kafka calls it, in its group raft-metrics. */
  readonly kafka: string
  readonly help: string
}

/** The roles as `raft_current_state` numbers them, from 0 on. */
export const roleNumbers = [
  'unattached',
  'prospective',
  'candidate',
  'leader',
  'follower',
  'resigned',
] as const

/** Every metric of a node. The unit comes last in the name; without one it is a number of things, an offset or an id. */
export const raftMetrics = [
  {
    name: 'raft_current_state',
    kind: 'gauge',
    kafka: 'current-state',
    help: 'Role: 0 unattached, 1 prospective, 2 candidate, 3 leader, 4 follower, 5 resigned; -1 once the node stopped',
  },
  { name: 'raft_current_leader', kind: 'gauge', kafka: 'current-leader', help: 'Who leads, -1 if unknown' },
  {
    name: 'raft_current_vote',
    kind: 'gauge',
    kafka: 'current-vote',
    help: 'Whom the node voted for in this epoch, -1 for nobody',
  },
  { name: 'raft_current_epoch', kind: 'gauge', kafka: 'current-epoch', help: 'The epoch the node is in' },
  {
    name: 'raft_high_watermark',
    kind: 'gauge',
    kafka: 'high-watermark',
    help: 'Everything before it is committed, as far as the node knows',
  },
  {
    name: 'raft_log_end_offset',
    kind: 'gauge',
    kafka: 'log-end-offset',
    help: 'End of its log, with what is not durable yet',
  },
  { name: 'raft_log_end_epoch', kind: 'gauge', kafka: 'log-end-epoch', help: 'Epoch of its last batch' },
  {
    name: 'raft_append_records',
    kind: 'counter',
    kafka: 'append-records-rate',
    help: 'Records appended as leader',
  },
  {
    name: 'raft_fetch_records',
    kind: 'counter',
    kafka: 'fetch-records-rate',
    help: 'Records fetched from a leader',
  },
  {
    name: 'raft_commit_latency_ms',
    kind: 'distribution',
    kafka: 'commit-latency-avg, -max',
    help: 'From append to commit on the leader, of one batch after another, the next being chosen when one is committed',
  },
  {
    name: 'raft_election_latency_ms',
    kind: 'distribution',
    kafka: 'election-latency-avg, -max',
    help: 'From the first pre-vote asked for until a leader is known',
  },
  {
    name: 'raft_busy_ms',
    kind: 'counter',
    kafka: 'poll-idle-ratio-avg',
    help: 'Time in turns of the event loop in which the node had work; what is missing to the time that went by is idle',
  },
] as const satisfies readonly RaftMetricDescription[]

type NameOf<Kind extends RaftMetricDescription['kind']> = Extract<
  (typeof raftMetrics)[number],
  { readonly kind: Kind }
>['name']

/** The gauges among {@link raftMetrics}. */
export type RaftGauge = NameOf<'gauge'>

/**
 * Takes the metrics of a node, by the names of {@link raftMetrics}. It is called at the end of every turn in which the
 * node had work, so it must be quick, and it must not throw. One object a node: gauges of two would overwrite each other.
 */
export interface RaftMetrics {
  /** The value of a gauge, when it changed. */
  set(name: RaftGauge, value: number): void
  /** `by` more of a counter. */
  add(name: NameOf<'counter'>, by: number): void
  /** One value of a distribution. */
  record(name: NameOf<'distribution'>, value: number): void
}
