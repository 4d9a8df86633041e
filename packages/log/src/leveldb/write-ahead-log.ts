import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../recovery/report.ts'
import { scanRecordLog } from './record-log.ts'

// A record is a write batch: sequence number of its first operation (8, little-endian), count of operations (4), ...
const batchHeaderBytes = 12
// How far ahead the sequence number of a record may be that is found behind damage.
const maxLostOperations = 2 ** 32

/** What LevelDB is about to replay. */
export interface WriteAheadLogs {
  /** LevelDB's own directory. */
  readonly directory: string
  /** Numbers of the files to be replayed, ascending. */
  readonly numbers: readonly number[]
  /** The sequence number that the manifest has reached. */
  readonly lastSequence: number
}

/** What was found in all of them together. */
export interface WriteAheadLogAudit {
  readonly records: number
  readonly bytes: number
  /** Bytes behind the last whole record, if a crash can have left them so. */
  readonly tornBytes: number
  readonly findings: readonly Finding[]
}

/**
 * Reads the write-ahead logs as LevelDB will, and reports what LevelDB will drop: bad bytes in front of a whole record,
 * also one in a later file, and sequence numbers that are missing. Memory is bounded; time grows with the size of the
 * files, which is that of LevelDB's write buffer and a write.
 */
export async function auditWriteAheadLogs(logs: WriteAheadLogs): Promise<WriteAheadLogAudit> {
  const findings: Finding[] = []
  let [records, bytes, tornBytes] = [0, 0, 0]
  let torn: Finding | undefined
  let expected: number | undefined
  for (const number of logs.numbers) {
    const name = fileName(number)
    const file = await open(join(logs.directory, name), 'r')
    try {
      const scan = await scanRecordLog(file, {
        maxKeptBytes: batchHeaderBytes,
        record(kept, position) {
          if (torn !== undefined) findings.push(torn)
          torn = undefined
          const { sequence, count } = batchHeader(kept)
          const continues = expected === undefined ? sequence <= logs.lastSequence + 1 : sequence === expected
          if (!continues) findings.push(gap(name, position, expected ?? logs.lastSequence + 1, sequence))
          expected = sequence + count
        },
        follows(kept) {
          // Too short to tell: taken for what it seems, because refusing too much is the lesser evil.
          if (kept.length < batchHeaderBytes) return true
          const ahead = batchHeader(kept).sequence - (expected ?? logs.lastSequence + 1)
          return expected === undefined
            ? ahead <= maxLostOperations
            : ahead >= 0 && ahead <= maxLostOperations
        },
      })
      records += scan.records
      bytes += scan.bytes
      if (scan.badAt === undefined) continue
      const finding = unreadable(name, scan.badAt, scan.bytes)
      if (scan.end === 'damaged') findings.push(finding)
      else {
        // What was left of a write that nobody was told of, as long as no later file shows that there was more.
        torn ??= finding
        tornBytes += scan.bytes - scan.badAt
      }
    } finally {
      await file.close()
    }
  }
  return { records, bytes, tornBytes, findings }
}

function fileName(number: number): string {
  return `${String(number).padStart(6, '0')}.log`
}

function batchHeader(kept: Uint8Array): { sequence: number; count: number } {
  if (kept.length < batchHeaderBytes) return { sequence: NaN, count: 0 }
  const bytes = Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength)
  return { sequence: bytes.readUInt32LE(4) * 2 ** 32 + bytes.readUInt32LE(0), count: bytes.readUInt32LE(8) }
}

function unreadable(file: string, position: number, bytes: number): Finding {
  const detail = `the write-ahead log cannot be read from byte ${position} of ${bytes} on, and more was written after it`
  return { kind: 'write-ahead-log', file, position, detail }
}

function gap(file: string, position: number, expected: number, found: number): Finding {
  const detail = `writes are missing from the write-ahead log: operation ${found} stands where ${expected} follows`
  return { kind: 'write-ahead-log', file, position, detail }
}
