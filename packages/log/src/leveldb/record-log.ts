import type { FileHandle } from 'node:fs/promises'
import { maskedChecksum } from './coding.ts'

/** LevelDB cuts its write-ahead logs and manifests into blocks of this size. */
export const blockBytes = 32 * 1024

/** Every fragment of a record begins with a checksum (4), a length (2) and a type (1). */
export const fragmentHeaderBytes = 7

/** Types of fragments. */
export const fragment = { full: 1, first: 2, middle: 3, last: 4 } as const
const readBytes = 32 * blockBytes

/** What a file of records was found to be. */
export interface RecordLogScan {
  /** Whole records, before anything bad. */
  readonly records: number
  readonly bytes: number
  /**
   * - `whole`: it ends with a whole record;
   * - `torn`: what follows the last whole record is the beginning of another, or nothing that can be read: what a crash
   *   leaves of the last write;
   * - `damaged`: something bad is followed by another record, which was begun only after what is bad had been written.
   */
  readonly end: 'whole' | 'torn' | 'damaged'
  /** Where the first record begins that is not whole; `undefined` if every one is. */
  readonly badAt: number | undefined
}

/** Who looks at the records of a scan. */
export interface RecordVisitor {
  /** Bytes to keep of each record; what is longer is cut off, so that memory stays bounded. */
  readonly maxKeptBytes: number
  /** Called for every whole record before the first bad one. */
  record(kept: Uint8Array, position: number): void
  /**
   * Whether the beginning of a record that was found behind something bad is what it seems. Payloads may hold anything,
   * another log included.
   */
  follows(kept: Uint8Array): boolean
}

/**
 * Reads a file of LevelDB's records (doc/log_format.md of LevelDB), in pieces of 1 MiB. LevelDB itself skips what is
 * damaged in a write-ahead log without a word, so this must be asked before LevelDB opens it.
 *
 * The rule that tells damage from a torn last write: a record is begun only after the one before it was synced. So bad
 * bytes that are followed by the beginning of a whole record are damage, and so is a bad record that ends, by its own
 * header, before the file does: something was written behind it. Other bad bytes may be either, and are reported as torn.
 */
export async function scanRecordLog(file: FileHandle, visitor: RecordVisitor): Promise<RecordLogScan> {
  const scanner = new RecordScanner(visitor)
  const buffer = Buffer.allocUnsafe(readBytes)
  let position = 0
  for (;;) {
    const filled = await fill(file, buffer, position)
    for (let start = 0; start < filled && !scanner.isDamaged; start += blockBytes)
      scanner.block(buffer.subarray(start, Math.min(start + blockBytes, filled)), position + start)
    position += filled
    if (filled < readBytes) return scanner.end(position)
  }
}

async function fill(file: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

interface Fragment {
  readonly type: number
  readonly data: Uint8Array
  readonly end: number
}

class RecordScanner {
  readonly #visitor: RecordVisitor
  #records = 0
  #badAt: number | undefined
  /** Where the first bad record ends, if its last header can still be read. */
  #badEnd: number | undefined
  #damaged = false
  /** The record that was begun and not ended yet. */
  #open: { readonly position: number; readonly kept: Uint8Array[]; keptBytes: number } | undefined

  constructor(visitor: RecordVisitor) {
    this.#visitor = visitor
  }

  get isDamaged(): boolean {
    return this.#damaged
  }

  /** Looks at one block; only the last may be shorter than {@link blockBytes}. */
  block(bytes: Buffer, position: number): void {
    let at = 0
    while (bytes.length - at >= fragmentHeaderBytes && !this.#damaged) {
      const found = fragmentAt(bytes, at)
      if (found === undefined) {
        if (this.#badAt === undefined) this.#badEnd = this.#endOfBad(bytes, at, position)
        this.#bad(position + at)
        at = this.#resume(bytes, at + 1)
      } else {
        if (this.#badAt === undefined) this.#take(found, position + at)
        else if (begins(found) && this.#visitor.follows(found.data)) this.#damaged = true
        at = found.end
      }
    }
    // Less than a header at the end of a whole block is padding; at the end of the file it is a header cut short.
    if (at < bytes.length && bytes.length < blockBytes) this.#bad(position + at)
  }

  end(bytes: number): RecordLogScan {
    if (this.#open !== undefined) this.#bad(this.#open.position)
    const isFollowed = this.#damaged || (this.#badEnd !== undefined && this.#badEnd < bytes)
    const end = this.#badAt === undefined ? 'whole' : isFollowed ? 'damaged' : 'torn'
    return { records: this.#records, bytes, end, badAt: this.#badAt }
  }

  /** Where the record ends whose last fragment is the bad one at `at`; `undefined` if it seems to be another one, or none. */
  #endOfBad(block: Buffer, at: number, position: number): number | undefined {
    const end = at + fragmentHeaderBytes + block.readUInt16LE(at + 4)
    if (end > block.length) return undefined
    const type = block[at + 6]
    const data = block.subarray(at + fragmentHeaderBytes, end)
    const isLast = this.#open === undefined ? type === fragment.full : type === fragment.last
    const isItself = this.#open !== undefined || this.#visitor.follows(data)
    return isLast && isItself ? position + end : undefined
  }

  /** The first place from `from` on where a fragment stands; its length may be what is bad, so every place is tried. */
  #resume(bytes: Buffer, from: number): number {
    for (let at = from; bytes.length - at >= fragmentHeaderBytes; at += 1)
      if (fragmentAt(bytes, at) !== undefined) return at
    return bytes.length
  }

  #take({ type, data }: Fragment, position: number): void {
    const continues = type === fragment.middle || type === fragment.last
    if (continues !== (this.#open !== undefined)) {
      this.#bad(position)
      // A record that begins inside another was begun after the other had been given up.
      if (!continues) this.#damaged = this.#visitor.follows(data)
      return
    }
    this.#open ??= { position, kept: [], keptBytes: 0 }
    const record = this.#open
    const kept = data.subarray(0, this.#visitor.maxKeptBytes - record.keptBytes)
    record.kept.push(Uint8Array.from(kept))
    record.keptBytes += kept.length
    if (type === fragment.first || type === fragment.middle) return
    this.#open = undefined
    this.#records += 1
    this.#visitor.record(Buffer.concat(record.kept), record.position)
  }

  #bad(position: number): void {
    this.#badAt ??= this.#open?.position ?? position
    this.#open = undefined
  }
}

function begins({ type }: Fragment): boolean {
  return type === fragment.full || type === fragment.first
}

/** The fragment that begins at `at`, if there is a whole one with its checksum. */
function fragmentAt(block: Buffer, at: number): Fragment | undefined {
  const type = block[at + 6] ?? 0
  if (type < fragment.full || type > fragment.last) return undefined
  const end = at + fragmentHeaderBytes + block.readUInt16LE(at + 4)
  if (end > block.length) return undefined
  if (block.readUInt32LE(at) !== maskedChecksum(block.subarray(at + 6, end))) return undefined
  return { type, data: block.subarray(at + fragmentHeaderBytes, end), end }
}
