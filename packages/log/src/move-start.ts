import type { Operation } from './database.ts'
import { encodeEpochStart } from './epochs.ts'
import type { Keys } from './keys.ts'
import type { Change, LogState } from './log-state.ts'
import { encodeStart } from './start.ts'
import type { Start } from './start.ts'
import type { Tail } from './tail.ts'

/**
 * Plans to move the start of the log up to a segment's end, which makes the log `tail`. What is dropped is no longer part
 * of the log once the start record is durable; its chunks are swept afterwards.
 */
export function dropPrefix(keys: Keys, state: LogState, tail: Tail): Change {
  const offset = tail.startOffset
  const sealed = state.sealed.filter(({ endOffset }) => endOffset > offset)
  const last = state.sealed.findLast(({ endOffset }) => endOffset === offset)
  const { sweptTo } = state.start
  const checksum = last?.checksum ?? state.checksum
  const start = { offset, epoch: tail.startEpoch, checksum, sweptTo }
  const active = offset === tail.endOffset ? undefined : state.active
  return restarted(keys, state, { tail, start, sealed, active, checksum: state.checksum })
}

/** Plans to forget the whole log and to go on, with a new chain of checksums, where `tail` says. */
export function resetLog(keys: Keys, state: LogState, tail: Tail): Change {
  const start: Start = {
    offset: tail.startOffset,
    epoch: tail.startEpoch,
    checksum: 0,
    sweptTo: state.start.sweptTo,
  }
  return restarted(keys, state, { tail, start, sealed: [], active: undefined, checksum: 0 })
}

function restarted(keys: Keys, before: LogState, after: LogState): Change {
  const operations: Operation[] = [{ type: 'put', key: keys.start, value: encodeStart(after.start) }]
  for (const segment of before.sealed)
    if (segment.endOffset <= after.start.offset)
      operations.push({ type: 'del', key: keys.segment(segment.baseOffset) })
  const [first] = after.tail.epochs
  for (const { epoch } of before.tail.epochs)
    if (first === undefined || epoch < first.epoch) operations.push({ type: 'del', key: keys.epoch(epoch) })
  if (first !== undefined)
    operations.push({ type: 'put', key: keys.epoch(first.epoch), value: encodeEpochStart(first) })
  return { operations, state: after }
}

/** Plans to remove the chunks under `chunkKeys`, all that were left before `sweptTo`. */
export function sweepChunks(
  keys: Keys,
  state: LogState,
  chunkKeys: readonly Uint8Array[],
  sweptTo: number,
): Change {
  const start = { ...state.start, sweptTo }
  const operations: Operation[] = chunkKeys.map((key) => ({ type: 'del', key }))
  operations.push({ type: 'put', key: keys.start, value: encodeStart(start) })
  return { operations, state: { ...state, start } }
}
