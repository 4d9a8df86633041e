import { appendBatches } from './append-batches.ts'
import type { Appended, AppendTarget } from './append-batches.ts'
import type { Offset } from './batch.ts'
import type { ChunkStore } from './chunk-store.ts'
import { cutSuffix } from './cut-suffix.ts'
import { isRefusal } from './refusals.ts'
import type { Entry } from './group-writer.ts'
import { encodeHardState } from './hard-state-codec.ts'
import { assertInvariant } from './invariant.ts'
import { segmentBoundary } from './log-state.ts'
import type { Change, LogState } from './log-state.ts'
import { dropPrefix, resetLog, sweepChunks } from './move-start.ts'
import { standsFirst } from './request.ts'
import type { WriteRequest } from './request.ts'
import { placeEntries } from './place-entries.ts'
import type { AcceptedEntry, PlacedRun } from './place-entries.ts'
import { place, writeResult } from './tail.ts'
import type { Placement } from './tail.ts'

/** Where a log is stored, and in which pieces. */
export interface CommitTarget extends AppendTarget {
  readonly store: ChunkStore
}

/** One log's part of an atomic write. */
export interface PlannedCommit extends Appended {
  /** Entries that were not refused, and what their callers are told. */
  readonly accepted: readonly AcceptedEntry[]
  /** Where the log is cut. */
  readonly truncateTo: Offset | undefined
  /** Something that a read under way may be looking at goes away. */
  readonly disturbsReads: boolean
}

/**
 * Plans what `entries` come to in the log that is in `state`: at most one cut or move of the start, which is the first of
 * them, then any number of batches. Entries that are wrong are rejected, each alone. Only a cut has to read, and waits.
 *
 * @throws LOG_CORRUPT, LOG_IO (the log cannot be read where it is to be cut)
 */
export function planCommit(
  target: CommitTarget,
  state: LogState,
  entries: readonly Entry[],
  timestampMs: number,
): PlannedCommit | Promise<PlannedCommit> {
  const [first] = entries
  assertInvariant(first !== undefined, 'a commit has an entry')
  if (!standsFirst(first.request))
    return planAppends(target, { operations: [], state }, undefined, entries, timestampMs)
  return planFromFirst(target, state, first, entries.slice(1), timestampMs)
}

async function planFromFirst(
  target: CommitTarget,
  state: LogState,
  entry: Entry,
  rest: readonly Entry[],
  timestampMs: number,
): Promise<PlannedCommit> {
  try {
    const request = bounded(entry.request, state)
    const placement = place(state.tail, request, timestampMs)
    const change = await firstChange(target, state, request, placement)
    return planAppends(target, change, { entry, placement }, rest, timestampMs)
  } catch (error) {
    if (!isRefusal(error)) throw error
    entry.reject(error)
    return planAppends(target, { operations: [], state }, undefined, rest, timestampMs)
  }
}

/** Only whole segments are dropped. */
function bounded(request: WriteRequest, state: LogState): WriteRequest {
  if (request.kind !== 'deleteBefore' || !isOffset(request.offset, state.tail.endOffset)) return request
  return { ...request, offset: segmentBoundary(state, request.offset) }
}

function firstChange(
  { store, keys }: CommitTarget,
  state: LogState,
  request: WriteRequest,
  { truncateTo, after }: Placement,
): Change | Promise<Change> {
  if (truncateTo !== undefined) return cutSuffix(store, keys, state, truncateTo)
  if (request.kind === 'sweep') return sweepChunks(keys, state, request.chunkKeys, request.sweptTo)
  if (request.kind === 'reset') return resetLog(keys, state, after)
  if (after.startOffset > state.tail.startOffset) return dropPrefix(keys, state, after)
  return { operations: [], state }
}

/** Adds to `change`, which the entry `first` asked for, the batches of that entry and of the others. */
function planAppends(
  target: CommitTarget,
  change: Change,
  first: { readonly entry: Entry; readonly placement: Placement } | undefined,
  entries: readonly Entry[],
  timestampMs: number,
): PlannedCommit {
  const before = change.state.tail
  const run: PlacedRun = { accepted: [], batches: [], tail: first?.placement.after ?? before }
  if (first !== undefined) {
    run.accepted.push({ entry: first.entry, result: writeResult(first.entry.request, first.placement) })
    for (const batch of first.placement.batches) run.batches.push(batch)
  }
  placeEntries(run, entries, timestampMs)
  const { accepted, batches, tail } = run
  const appended = appendBatches(target, change.state, batches, tail)
  const operations =
    change.operations.length === 0 ? appended.operations : [...change.operations, ...appended.operations]
  const { hardState } = tail
  if (hardState !== undefined && hardState !== before.hardState)
    operations.push({ type: 'put', key: target.keys.hardState, value: encodeHardState(hardState) })
  assertInvariant(tail.endOffset >= before.endOffset, 'batches never move the end of a log back')
  return {
    operations,
    state: appended.state,
    encoded: appended.encoded,
    accepted,
    truncateTo: first?.placement.truncateTo,
    disturbsReads: change.operations.length > 0,
  }
}

function isOffset(value: number, endOffset: Offset): boolean {
  return Number.isInteger(value) && value >= 0 && value <= endOffset
}
