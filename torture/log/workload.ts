import type { HardState, Offset } from '@quorate/log'
import { apply, endOffset } from './model.ts'
import type { LogState, ModelBatch, Step } from './model.ts'
import { maxPayloadBytes } from './payload.ts'
import { seededRandom } from '../random.ts'
import type { Random } from '../random.ts'

const firstTimestampMs = 1_700_000_000_000
const deepestCut = 30
const mostKept = 100

/**
 * Requests without end, the same for the same seed and start.
 *
 * Offsets are assigned in call order, so where each batch comes to lie is known when it is asked for. That makes the
 * state after every request known too, in the process that writes and in the one that judges.
 */
export class Workload {
  readonly #random: Random
  #state: LogState
  #steps = 0

  constructor(seed: number, start: LogState) {
    this.#random = seededRandom(seed)
    this.#state = start
  }

  /** What the log holds once everything that {@link next} gave is done. */
  get state(): LogState {
    return this.#state
  }

  /** How many requests {@link next} gave. */
  get steps(): number {
    return this.#steps
  }

  /** The next request. */
  next(): Step {
    this.#steps += 1
    const step = this.#step(this.#random.between(1, 1000))
    this.#state = apply(this.#state, step)
    return step
  }

  #step(kind: number): Step {
    const end = endOffset(this.#state)
    if (kind <= 700) return { call: 'append', batches: this.#batches(end, this.#epoch()) }
    if (kind <= 800) {
      const batches = this.#batches(end, this.#epoch())
      return { call: 'write', batches, hardState: this.#hardState() }
    }
    if (kind <= 900) return { call: 'write', hardState: this.#hardState() }
    if (kind <= 980) return this.#cut()
    if (kind <= 997) return { call: 'deleteBefore', offset: this.#boundary(mostKept) }
    return { call: 'reset', offset: end + this.#random.between(0, 1000), epoch: this.#epoch() }
  }

  /** What a follower does whose log differs from the leader's: cut, append what the leader has, note its epoch. */
  #cut(): Step {
    const truncateTo = this.#boundary(deepestCut)
    if (this.#random.chance(30)) return { call: 'write', truncateTo }
    const hardState = this.#hardState()
    return { call: 'write', truncateTo, batches: this.#batches(truncateTo, hardState.epoch), hardState }
  }

  /** Where one of the last `batches` begins, or the log ends; never before the log's start. */
  #boundary(batches: number): Offset {
    const boundaries = this.#state.batches
      .slice(-batches)
      .map(({ baseOffset }) => baseOffset)
      .filter((offset) => offset >= this.#state.latestStart)
    return this.#random.pick([...boundaries, endOffset(this.#state)])
  }

  #epoch(): number {
    const { batches, hardState } = this.#state
    return Math.max(batches.at(-1)?.epoch ?? 0, hardState?.epoch ?? 0)
  }

  /** Never older than the one before, so that losing one shows. */
  #hardState(): HardState {
    const epoch = this.#epoch() + 1
    if (this.#random.chance(20)) return { epoch }
    return {
      epoch,
      vote: { id: this.#random.between(0, 9), directoryId: `directory-${this.#random.seed()}` },
    }
  }

  #batches(baseOffset: number, epoch: number): ModelBatch[] {
    const batches: ModelBatch[] = []
    let next = baseOffset
    const wanted = this.#random.chance(5) ? this.#random.between(10, 40) : this.#random.between(1, 4)
    while (batches.length < wanted) {
      const count = this.#random.chance(70) ? 1 : this.#random.between(2, 50)
      batches.push({
        baseOffset: next,
        count,
        epoch,
        timestampMs: firstTimestampMs + this.#steps,
        attributes: this.#random.chance(10) ? 1 : 0,
        payloadId: this.#random.seed(),
        payloadBytes: this.#payloadBytes(wanted),
      })
      next += count
    }
    return batches
  }

  #payloadBytes(batches: number): number {
    const size = this.#random.between(1, 100)
    if (size <= 70 || batches > 4) return this.#random.between(0, 200)
    if (size <= 90) return this.#random.between(200, 3000)
    if (size <= 98) return this.#random.between(3000, 40_000)
    return this.#random.between(40_000, maxPayloadBytes)
  }
}
