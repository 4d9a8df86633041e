import { previousChecksumAt } from '../batch-codec.ts'
import { chunkHeaderBytes } from '../chunk-codec.ts'
import { hole } from '../chunk-store.ts'
import type { ChunkStore } from '../chunk-store.ts'
import { LogError } from '../errors.ts'
import type { LogState } from '../log-state.ts'
import type { ScrubPosition } from './scrub.ts'

/**
 * Reads chunks from `from` on, to about `maxBytes` or the end of the log, and verifies each, and that each continues the
 * one before it. What is known to be gone since is skipped.
 *
 * @throws LOG_CORRUPT (`details.offset` is the first bad one), LOG_IO
 */
export async function verifyChunks(
  store: ChunkStore,
  { tail, start }: LogState,
  from: ScrubPosition,
  maxBytes: number,
): Promise<{ position: ScrubPosition; bytes: number }> {
  const offset = Math.max(from.offset, tail.startOffset)
  if (offset >= tail.endOffset) return { position: { offset: tail.endOffset, checksum: undefined }, bytes: 0 }
  const first = await store.chunkAt(offset)
  if (first === undefined || first.endOffset <= offset) throw hole(offset, undefined)
  const expected = first.baseOffset === start.offset ? start.checksum : from.checksum
  if (expected !== undefined && previousChecksumAt(first.bytes, chunkHeaderBytes) !== expected)
    throw new LogError(
      'LOG_CORRUPT',
      `the chunk at offset ${first.baseOffset} does not continue the one before it`,
      {
        offset: first.baseOffset,
      },
    )
  let chunk = first
  let bytes = first.bytes.byteLength
  const isEnough = (): boolean => bytes >= maxBytes || chunk.endOffset >= tail.endOffset
  if (!isEnough())
    for await (const next of store.chunksAfter(first, maxBytes)) {
      chunk = next
      bytes += next.bytes.byteLength
      if (isEnough()) break
    }
  if (!isEnough()) throw hole(chunk.endOffset, undefined)
  return { position: { offset: chunk.endOffset, checksum: chunk.checksum }, bytes }
}
