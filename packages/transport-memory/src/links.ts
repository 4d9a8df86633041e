import type { Clock, Random } from '@quorate/transport'

/** How long a frame takes. A number is exact; otherwise exponential above `minMs` around `meanMs`, so frames overtake. */
export type Latency = number | { readonly minMs: number; readonly meanMs: number }

/** What becomes of a lost frame: it is never heard of, or its connection breaks on both sides. */
export type LossMode = 'silence' | 'reset'

/** Options of {@link Links}. */
export interface LinksOptions {
  readonly clock: Clock
  readonly random: Random
  readonly latencyMs: Latency
  readonly lossRate: number
  readonly lossMode: LossMode
}

/** Carries frames between hosts, or loses them. */
export class Links {
  readonly #options: LinksOptions
  /** `from` to the hosts it cannot reach. */
  readonly #blocked = new Map<string, Set<string>>()

  constructor(options: LinksOptions) {
    this.#options = options
  }

  /**
   * Calls `deliver` after the latency of the link: in a microtask if there is none, never synchronously.
   *
   * A blocked link is asked when the frame leaves and again when it arrives. `reset` is called instead of `deliver` when
   * the frame is lost in mode `reset`; a frame lost in silence calls neither.
   */
  carry(from: string, to: string, deliver: () => void, reset?: () => void): void {
    if (this.isBlocked(from, to)) return
    const { clock, random, lossRate, lossMode } = this.#options
    let arrive = deliver
    if (lossRate > 0 && random() < lossRate) {
      if (lossMode === 'silence' || reset === undefined) return
      arrive = reset
    }
    const delayMs = this.#delayMs()
    if (delayMs === 0) return queueMicrotask(arrive)
    clock.setTimer(delayMs, () => {
      if (!this.isBlocked(from, to)) arrive()
    })
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.get(from)?.has(to) ?? false
  }

  block(from: string, to: string): void {
    const unreachable = this.#blocked.get(from) ?? new Set()
    this.#blocked.set(from, unreachable.add(to))
  }

  unblock(from: string, to: string): void {
    this.#blocked.get(from)?.delete(to)
  }

  unblockAll(): void {
    this.#blocked.clear()
  }

  #delayMs(): number {
    const { latencyMs, random } = this.#options
    if (typeof latencyMs === 'number') return latencyMs
    return latencyMs.minMs - Math.log(1 - random()) * (latencyMs.meanMs - latencyMs.minMs)
  }
}
