import type { Batch, Offset } from '@quorate/log'
import { isControlBatch, type StateMachine } from '@quorate/raft'

/** A value, and the offset of the write that put it there. */
export interface Entry {
  readonly value: string
  readonly revision: Offset
}

/** One change of one key, as it stands in the log. Without a value it deletes. */
export interface Command {
  readonly key: string
  readonly value?: string
  /** Change nothing unless the key is at this revision; `null`: unless it is absent. */
  readonly expected?: Offset | null
}

/** More than one call of `apply` can bring. */
const maxConflicts = 100_000

/** The state machine: a map, folded from the committed log on every node alike. */
export class KeyValueMap implements StateMachine {
  readonly #entries = new Map<string, Entry>()
  readonly #conflicts = new Map<Offset, Offset | null>()

  get(key: string): Entry | undefined {
    return this.#entries.get(key)
  }

  /** Where the key was, if the write at `offset` expected it elsewhere and so did nothing. Ask as soon as it is committed. */
  conflict(offset: Offset): Offset | null | undefined {
    return this.#conflicts.get(offset)
  }

  apply(batches: readonly Batch[]): void {
    for (const batch of batches) {
      if (isControlBatch(batch)) continue
      this.#apply(JSON.parse(new TextDecoder().decode(batch.payload)) as Command, batch.baseOffset)
    }
  }

  leadership(): void {
    // Nothing is decided ahead of the log here, so it does not matter who leads.
  }

  #apply({ key, value, expected }: Command, offset: Offset): void {
    const revision = this.#entries.get(key)?.revision ?? null
    if (expected !== undefined && expected !== revision) {
      this.#conflicts.set(offset, revision)
      if (this.#conflicts.size > maxConflicts) this.#conflicts.delete(this.#conflicts.keys().next().value!)
    } else if (value === undefined) this.#entries.delete(key)
    else this.#entries.set(key, { value, revision: offset })
  }
}
