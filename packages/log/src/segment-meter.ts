import type { LogState } from './log-state.ts'
import type { Metrics } from './metrics.ts'

/** Keeps the levels of segments and stored bytes right for one log, which may share them with others. */
export class SegmentMeter {
  readonly #metrics: Metrics
  #sealed: LogState['sealed'] = []
  #sealedBytes = 0
  #segments = 0
  #bytes = 0

  constructor(metrics: Metrics) {
    this.#metrics = metrics
  }

  /** The log is in `state`; after it was closed, in none. */
  show(state: Pick<LogState, 'sealed' | 'active'> | undefined): void {
    const sealed = state?.sealed ?? []
    if (sealed !== this.#sealed) {
      this.#sealed = sealed
      this.#sealedBytes = sealed.reduce((sum, { bytes }) => sum + bytes, 0)
    }
    const segments = sealed.length + (state?.active === undefined ? 0 : 1)
    const bytes = this.#sealedBytes + (state?.active?.bytes ?? 0)
    if (segments !== this.#segments) this.#metrics.add('log_segments', segments - this.#segments)
    if (bytes !== this.#bytes) this.#metrics.add('log_stored_bytes', bytes - this.#bytes)
    this.#segments = segments
    this.#bytes = bytes
  }
}
