import type { Effect } from '../core/effects.ts'
import type { WriteId } from '../core/events.ts'

/** Effects that must wait until a write is durable: no message leaves before the epoch and the vote it speaks of. */
export class HeldEffects {
  #held: { readonly after: WriteId; readonly effect: Effect }[] = []
  #lastWritten: WriteId = 0

  /** Keeps `effect` if what it waits for is not durable yet. @returns whether it does */
  hold(effect: Effect): boolean {
    if (!('after' in effect) || effect.after <= this.#lastWritten) return false
    this.#held.push({ after: effect.after, effect })
    return true
  }

  /** Write `id` and all before it are durable. @returns the effects that waited for no more than that, in order */
  release(id: WriteId): readonly Effect[] {
    this.#lastWritten = id
    if (this.#held.length === 0) return []
    const released = this.#held.filter((held) => held.after <= id).map((held) => held.effect)
    this.#held = this.#held.filter((held) => held.after > id)
    return released
  }

  clear(): void {
    this.#held = []
  }
}
