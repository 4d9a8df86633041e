/**
 * What a metric is: a `counter` only grows, a `level` goes up and down, a `distribution` has one value an event. They are
 * OpenTelemetry's Counter, UpDownCounter and Histogram.
 */
export interface MetricDescription {
  readonly name: string
  readonly kind: 'counter' | 'level' | 'distribution'
  readonly help: string
}

/** Every metric of a log. The unit comes last in the name; without one it is a number of things. */
export const logMetrics = [
  { name: 'log_requests', kind: 'counter', help: 'Appends, writes, cuts and deletions that became durable' },
  { name: 'log_batches', kind: 'counter', help: 'Batches that became durable' },
  { name: 'log_appended_bytes', kind: 'counter', help: 'Their payloads and envelopes' },
  { name: 'log_writes', kind: 'counter', help: 'Writes to the database, each with one sync' },
  { name: 'log_write_failures', kind: 'counter', help: 'Writes that failed and closed the log for writing' },
  { name: 'log_queued_bytes', kind: 'level', help: 'Requests that wait or are being written' },
  { name: 'log_segments', kind: 'level', help: 'Segments of the open logs' },
  { name: 'log_stored_bytes', kind: 'level', help: 'Chunks in those segments, before compression' },
  {
    name: 'log_append_latency_ms',
    kind: 'distribution',
    help: 'From the call of a request until it is durable',
  },
  { name: 'log_sync_latency_ms', kind: 'distribution', help: 'One write to the database, with its sync' },
  { name: 'log_write_requests', kind: 'distribution', help: 'Requests that shared one write' },
  { name: 'log_write_batches', kind: 'distribution', help: 'Batches in one write' },
  { name: 'log_write_bytes', kind: 'distribution', help: 'Payloads and envelopes in one write' },
  { name: 'log_scrubbed_bytes', kind: 'counter', help: 'What the scrubber has read and verified' },
  { name: 'log_scrub_passes', kind: 'counter', help: 'Times that the scrubber came to the end of a log' },
  { name: 'log_scrub_findings', kind: 'counter', help: 'Damage that the scrubber found' },
] as const satisfies readonly MetricDescription[]

type NameOf<Kind extends MetricDescription['kind']> = Extract<
  (typeof logMetrics)[number],
  { readonly kind: Kind }
>['name']

/**
 * Takes the metrics of a log, by the names of {@link logMetrics}. It is called on the path of every write, so it must be
 * quick, and it must not throw. Logs that share one object are summed up.
 */
export interface Metrics {
  /** `by` more of a counter or level, or less of a level. */
  add(name: NameOf<'counter' | 'level'>, by: number): void
  /** One value of a distribution. */
  record(name: NameOf<'distribution'>, value: number): void
}
