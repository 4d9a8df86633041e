import type { Batch } from './batch.ts'
import type { Entry } from './group-writer.ts'
import type { NewBatch } from './log.ts'
import { isRefusal } from './refusals.ts'
import type { WriteResult } from './request.ts'
import { place, writeResult } from './tail.ts'
import type { Placement, Tail } from './tail.ts'

/** An entry that was not refused, and what its caller is told once it is durable. */
export interface AcceptedEntry {
  readonly entry: Entry
  readonly result: WriteResult
}

/** Entries that were placed one behind the other, and where that leads. */
export interface PlacedRun {
  readonly accepted: AcceptedEntry[]
  readonly batches: Batch[]
  tail: Tail
}

/** Places `entries`, none of which cuts or moves the start, behind `run`. Those that are wrong are rejected, each alone. */
export function placeEntries(run: PlacedRun, entries: readonly Entry[], timestampMs: number): void {
  if (entries.length > 1 && placeAsOne(run, entries, timestampMs)) return
  for (const entry of entries) {
    try {
      const placement = place(run.tail, entry.request, timestampMs)
      take(run, placement)
      run.accepted.push({ entry, result: writeResult(entry.request, placement) })
    } catch (error) {
      if (!isRefusal(error)) throw error
      entry.reject(error)
    }
  }
}

/**
 * Places many appends as if they were one, which is what they nearly always come to and costs a fraction.
 *
 * @returns whether that was possible: not if anything else is among them, or one of them is wrong
 */
function placeAsOne(run: PlacedRun, entries: readonly Entry[], timestampMs: number): boolean {
  const batches: NewBatch[] = []
  for (const { request } of entries) {
    if (request.kind !== 'append') return false
    for (const batch of request.batches) batches.push(batch)
  }
  let placement: Placement
  try {
    placement = place(
      run.tail,
      { kind: 'append', batches, batchCount: batches.length, bytes: 0 },
      timestampMs,
    )
  } catch (error) {
    if (isRefusal(error)) return false
    throw error
  }
  take(run, placement)
  let index = 0
  for (const entry of entries) {
    const result: WriteResult = []
    for (const end = index + entry.request.batchCount; index < end; index += 1)
      result.push(placement.batches[index]!.baseOffset)
    run.accepted.push({ entry, result })
  }
  return true
}

function take(run: PlacedRun, { batches, after }: Placement): void {
  for (const batch of batches) run.batches.push(batch)
  run.tail = after
}
