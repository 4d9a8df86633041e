import type { Batch, Offset } from '@quorate/log'
import type { NodeId } from '@quorate/raft'
import type { CheckedNode } from './checked-node.ts'
import { LogShadow } from './log-shadow.ts'
import { check } from './violation.ts'

/**
 * What each state machine was given: all that is committed, in order, once, or a snapshot in its place.
 *
 * Every method throws a `Violation` where a rule is broken.
 */
export class ReplayCheck {
  readonly #committed: LogShadow
  readonly #applied = new Map<NodeId, LogShadow>()
  /** Hash of the state machine after everything before an offset. */
  readonly #stateHashes = new Map<Offset, number>()

  /** @param committed - everything committed so far, as it grows */
  constructor(committed: LogShadow) {
    this.#committed = committed
  }

  /** A process starts, with a state machine that has nothing yet. */
  onStart(node: CheckedNode): void {
    this.#applied.set(node.id, new LogShadow())
  }

  /** Everything before this offset was applied on `node`. */
  endOffset(node: CheckedNode): Offset {
    return this.#appliedOn(node).endOffset
  }

  /** The state machine of `node` took over a snapshot that ends at `endOffset`. */
  onLoad(node: CheckedNode, endOffset: Offset): void {
    const applied = this.#appliedOn(node)
    check(
      endOffset >= applied.endOffset,
      'applied in order',
      () => `node ${node.id} goes back to ${endOffset} after everything before ${applied.endOffset}`,
    )
    check(
      endOffset <= this.#committed.endOffset,
      'a snapshot is of what is committed',
      () => `node ${node.id} loads up to ${endOffset}, and ${this.#committed.endOffset} is committed`,
    )
    applied.restart(this.#committed, endOffset)
  }

  /** `node` is about to apply `batch`. */
  onApply(node: CheckedNode, batch: Batch): void {
    const applied = this.#appliedOn(node)
    check(
      batch.baseOffset === applied.endOffset,
      'applied in order',
      () => `node ${node.id} applies ${batch.baseOffset} after everything before ${applied.endOffset}`,
    )
    applied.append(batch)
    check(
      applied.endOffset <= this.#committed.endOffset &&
        applied.chain === this.#committed.chainAt(applied.endOffset),
      'state machine safety',
      () => `node ${node.id} applies something at ${batch.baseOffset} that is not what was committed there`,
    )
  }

  /** `node` applied everything before `offset` and its state has this hash. */
  onState(node: CheckedNode, offset: Offset, stateHash: number): void {
    const known = this.#stateHashes.get(offset)
    if (known === undefined) this.#stateHashes.set(offset, stateHash)
    check(
      known === undefined || known === stateHash,
      'state hash',
      () => `node ${node.id} has another state than others had at ${offset}`,
    )
  }

  #appliedOn(node: CheckedNode): LogShadow {
    const applied = this.#applied.get(node.id)
    if (applied === undefined) throw new Error(`node ${node.id} was never started`)
    return applied
  }
}
