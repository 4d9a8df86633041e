import type { Metrics } from './metrics.ts'
import type { WriteRequest } from './request.ts'

/** A request that is measured. */
interface MeasuredEntry {
  readonly request: Pick<WriteRequest, 'batchCount' | 'bytes'>
  /** When it was submitted, on the clock of the meter. */
  submittedMs?: number
}

/** What one log has in a write, without what was refused. */
interface MeasuredCommit {
  readonly accepted: readonly { readonly entry: MeasuredEntry }[]
}

/** Measures the writer of a database. A writer whose metrics nobody wants has none, and pays for one comparison. */
export class WriterMeter {
  readonly #metrics: Metrics
  /** Milliseconds on a clock that never goes back. */
  readonly #now: () => number
  #startedMs = 0

  constructor(metrics: Metrics, now: () => number) {
    this.#metrics = metrics
    this.#now = now
  }

  submitted(entry: MeasuredEntry): void {
    entry.submittedMs = this.#now()
    this.#metrics.add('log_queued_bytes', entry.request.bytes)
  }

  /** The database is about to be written to. */
  started(): void {
    this.#startedMs = this.#now()
  }

  /** The write that began last is on disk. */
  synced(commits: readonly MeasuredCommit[]): void {
    const metrics = this.#metrics
    const now = this.#now()
    let requests = 0
    let batches = 0
    let bytes = 0
    for (const { accepted } of commits)
      for (const { entry } of accepted) {
        requests += 1
        batches += entry.request.batchCount
        bytes += entry.request.bytes
        metrics.record('log_append_latency_ms', now - (entry.submittedMs ?? now))
      }
    metrics.add('log_writes', 1)
    metrics.add('log_requests', requests)
    metrics.add('log_batches', batches)
    metrics.add('log_appended_bytes', bytes)
    metrics.record('log_sync_latency_ms', now - this.#startedMs)
    metrics.record('log_write_requests', requests)
    metrics.record('log_write_batches', batches)
    metrics.record('log_write_bytes', bytes)
  }

  failed(): void {
    this.#metrics.add('log_write_failures', 1)
  }

  /** A request of `bytes` waits no more, however it ended. */
  left(bytes: number): void {
    this.#metrics.add('log_queued_bytes', -bytes)
  }
}
