import { type Batch, BatchAttribute, type Epoch, nextOffset, type Offset } from '@quorate/log'

/** What a range of a log comes to. */
export interface LogTotals {
  readonly startOffset: Offset
  readonly endOffset: Offset
  readonly batches: number
  readonly records: number
  readonly controlBatches: number
  /** Of payloads. */
  readonly bytes: number
  readonly firstEpoch: Epoch | null
  readonly lastEpoch: Epoch | null
}

/** Sums up batches that follow each other from `startOffset` on. */
export function summaryOf(startOffset: Offset): {
  add(batch: Batch): void
  totals(): LogTotals
} {
  let totals: LogTotals = {
    startOffset,
    endOffset: startOffset,
    batches: 0,
    records: 0,
    controlBatches: 0,
    bytes: 0,
    firstEpoch: null,
    lastEpoch: null,
  }
  return {
    totals: () => totals,
    add: (batch) => {
      totals = {
        startOffset: totals.batches === 0 ? batch.baseOffset : totals.startOffset,
        endOffset: nextOffset(batch),
        batches: totals.batches + 1,
        records: totals.records + batch.count,
        controlBatches: totals.controlBatches + (isControl(batch) ? 1 : 0),
        bytes: totals.bytes + batch.payload.byteLength,
        firstEpoch: totals.firstEpoch ?? batch.epoch,
        lastEpoch: batch.epoch,
      }
    },
  }
}

/** Totals on one line. */
export function summaryLine(totals: LogTotals): string {
  const { startOffset, endOffset, batches, records, controlBatches, bytes, firstEpoch, lastEpoch } = totals
  if (batches === 0) return `no batches from ${startOffset} on`
  return (
    `${batches} batches (${controlBatches} of control), ${records} records, ${bytes} bytes of payload, ` +
    `offsets ${startOffset} to ${endOffset}, epochs ${firstEpoch} to ${lastEpoch}, every checksum right`
  )
}

/** The titles above {@link batchLine}. */
export const batchColumns = row('offset', 'count', 'epoch', 'time'.padEnd(24), 'bytes', 'flags')

/** One batch as a line for people. Its columns have a fixed width, so that a log of any length can be printed. */
export function batchLine(batch: Batch): string {
  const flags = isControl(batch) ? `control ${controlText(batch)}` : otherAttributes(batch)
  return row(
    String(batch.baseOffset),
    String(batch.count),
    String(batch.epoch),
    timeText(batch.timestampMs),
    String(batch.payload.byteLength),
    flags,
  )
}

/** One batch as a JSON value. The payload of a control batch is in it, that of any other is only measured. */
export function batchJson(batch: Batch): unknown {
  const { baseOffset, count, epoch, timestampMs, attributes, payload } = batch
  const control = isControl(batch)
  return {
    baseOffset,
    count,
    epoch,
    timestampMs,
    attributes,
    control,
    bytes: payload.byteLength,
    ...(control && { record: controlRecord(batch) }),
  }
}

function row(
  ...[offset, count, epoch, time, bytes, flags]: [string, string, string, string, string, string]
) {
  const cells = [offset.padStart(12), count.padStart(7), epoch.padStart(7), time, bytes.padStart(9), flags]
  return cells.join('  ').trimEnd()
}

function isControl({ attributes }: Batch): boolean {
  return (attributes & BatchAttribute.control) !== 0
}

/** Attributes that have no name here, as a number. */
function otherAttributes({ attributes }: Batch): string {
  return attributes === 0 ? '' : `0x${attributes.toString(16).padStart(4, '0')}`
}

/** A time beyond what a date can say is printed as the number it is. */
function timeText(timestampMs: number): string {
  const time = new Date(timestampMs)
  return (Number.isNaN(time.getTime()) ? String(timestampMs) : time.toISOString()).padEnd(24)
}

/** Control records are JSON; anything else that is marked as one is given as text. */
function controlRecord(batch: Batch): unknown {
  const text = controlText(batch)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function controlText({ payload }: Batch): string {
  return new TextDecoder().decode(payload).replaceAll(/\s+/g, ' ')
}
