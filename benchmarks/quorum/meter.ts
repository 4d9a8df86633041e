import { createHistogram } from 'node:perf_hooks'
import type { Load, Report } from './protocol.ts'

/** Counts and times what is committed, once the warm-up is over. */
export class Meter {
  readonly #latencies = createHistogram()
  readonly #beginMs: number
  readonly #endMs: number
  #commits = 0

  constructor({ warmUpSeconds, seconds }: Load) {
    this.#beginMs = performance.now() + warmUpSeconds * 1_000
    this.#endMs = this.#beginMs + seconds * 1_000
  }

  /** A proposal that was made at `startedMs` is committed. @returns whether there should be another */
  committed(startedMs: number): boolean {
    const nowMs = performance.now()
    if (startedMs >= this.#beginMs && nowMs < this.#endMs) {
      this.#latencies.record(Math.max(1, Math.round((nowMs - startedMs) * 1e6)))
      this.#commits += 1
    }
    return nowMs < this.#endMs
  }

  result(): Report {
    return {
      type: 'result',
      commitsPerSecond: (this.#commits * 1_000) / (this.#endMs - this.#beginMs),
      p50Ms: this.#latencies.percentile(50) / 1e6,
      p99Ms: this.#latencies.percentile(99) / 1e6,
    }
  }
}
