import type { Epoch, Offset } from './batch.ts'
import { checkRecord, encodeRecord } from './record-codec.ts'
import { readSafeInteger, writeSafeInteger } from './safe-integer.ts'

/** A range of a log that is dropped as a whole. */
export interface Segment {
  readonly baseOffset: Offset
  /** The offset after its last record. */
  readonly endOffset: Offset
  /** Bytes of its chunks in the database, before compression. */
  readonly bytes: number
  /** Time of its first batch, milliseconds since 1970. */
  readonly firstTimestampMs: number
  /** Largest time of its batches. */
  readonly maxTimestampMs: number
  /** Epochs of its first and its last batch. */
  readonly firstEpoch: Epoch
  readonly lastEpoch: Epoch
}

/** A segment that takes no more batches. */
export interface SealedSegment extends Segment {
  /** Checksum of its last batch. */
  readonly checksum: number
}

/** What a segment has come to, behind some batch of it. */
export interface SegmentProgress {
  readonly baseOffset: Offset
  readonly bytes: number
  readonly firstTimestampMs: number
  readonly maxTimestampMs: number
}

/** When a segment is full. */
export interface SegmentLimits {
  readonly segmentBytes: number
  readonly segmentMs: number
}

/** Whether a batch that takes `bytes` and has the time `timestampMs` must begin a new segment. */
export function mustRoll(
  segment: SegmentProgress,
  bytes: number,
  timestampMs: number,
  { segmentBytes, segmentMs }: SegmentLimits,
): boolean {
  return segment.bytes + bytes > segmentBytes || timestampMs - segment.firstTimestampMs >= segmentMs
}

const recordBytes = 64

/** Encodes the record of a sealed segment in the format of docs/formats.md. */
export function encodeSegment(segment: SealedSegment): Uint8Array {
  return encodeRecord(recordBytes, (view) => {
    writeSafeInteger(view, 8, segment.baseOffset)
    writeSafeInteger(view, 16, segment.endOffset)
    writeSafeInteger(view, 24, segment.bytes)
    writeSafeInteger(view, 32, segment.firstTimestampMs)
    writeSafeInteger(view, 40, segment.maxTimestampMs)
    view.setUint32(48, segment.firstEpoch)
    view.setUint32(52, segment.lastEpoch)
    view.setUint32(56, segment.checksum)
  })
}

/** Decodes the record of a sealed segment. @throws LOG_CORRUPT */
export function decodeSegment(stored: Uint8Array): SealedSegment {
  const view = checkRecord(stored, recordBytes, 'segment')
  return {
    baseOffset: readSafeInteger(view, 8),
    endOffset: readSafeInteger(view, 16),
    bytes: readSafeInteger(view, 24),
    firstTimestampMs: readSafeInteger(view, 32),
    maxTimestampMs: readSafeInteger(view, 40),
    firstEpoch: view.getUint32(48),
    lastEpoch: view.getUint32(52),
    checksum: view.getUint32(56),
  }
}
