import { previousChecksumAt } from '../batch-codec.ts'
import type { Epoch, Offset } from '../batch.ts'
import { chunkHeaderBytes } from '../chunk-codec.ts'
import { hole } from '../chunk-store.ts'
import type { Chunk, ChunkStore } from '../chunk-store.ts'
import { newEpochs } from '../epochs.ts'
import { LogError } from '../errors.ts'
import { checkFormat } from '../format.ts'
import { decodeHardState } from '../hard-state-codec.ts'
import type { LogState } from '../log-state.ts'
import type { EpochStart, HardState } from '../raft-log.ts'
import { decodeStart, originalStart } from '../start.ts'
import type { Start } from '../start.ts'
import type { Finding } from './report.ts'

const readAheadBytes = 1024 * 1024

/** What can be trusted of a damaged log. */
export interface Salvage {
  /** The log as far as it is whole: it ends at the first offset that cannot be trusted. */
  readonly state: LogState
  readonly findings: readonly Finding[]
}

/**
 * Reads all of a damaged log from its start, and stops at the first batch that is missing, does not have its checksum or
 * is not the successor of the one before it. The records beside the batches are taken as far as they are good; the
 * epochs are taken from the batches.
 *
 * Takes as long as reading the log does. Memory is bounded.
 *
 * @returns `undefined` if there is no log
 * @throws LOG_IO
 */
export async function salvage(store: ChunkStore): Promise<Salvage | undefined> {
  const findings: Finding[] = []
  const records = await readRecords(store, findings)
  if (records === undefined) return undefined
  const { start, hardState } = records
  const epochs: EpochStart[] = []
  let lastEpoch: Epoch | undefined
  let [endOffset, checksum] = [start.offset, start.checksum]
  try {
    for await (const chunk of chunksFrom(store, start)) {
      for (const begun of newEpochs(chunk.batches, lastEpoch)) epochs.push(begun)
      lastEpoch = epochs.at(-1)?.epoch
      endOffset = chunk.endOffset
      checksum = chunk.checksum
    }
  } catch (error) {
    findings.push(findingOf(error, endOffset))
  }
  return {
    state: {
      tail: { startOffset: start.offset, endOffset, epochs, startEpoch: start.epoch, hardState },
      start,
      sealed: [],
      active: undefined,
      checksum,
    },
    findings,
  }
}

/** The finding for something in the log that is not what was written. @throws `error`, if it is something else */
export function findingOf(error: unknown, offset?: Offset): Finding {
  if (!(error instanceof LogError) || error.code !== 'LOG_CORRUPT') throw error
  const known = typeof error.details['offset'] === 'number' ? error.details['offset'] : offset
  return { kind: 'log', ...(known === undefined ? {} : { offset: known }), detail: error.message }
}

async function readRecords(
  store: ChunkStore,
  findings: Finding[],
): Promise<{ start: Start; hardState: HardState | undefined } | undefined> {
  let formatted = false
  let start = originalStart
  let hardState: HardState | undefined
  for (const { kind, value } of await store.records()) {
    try {
      if (kind === 'format') {
        formatted = true
        checkFormat(value)
      } else if (kind === 'start') start = decodeStart(value)
      else if (kind === 'hardState') hardState = decodeHardState(value)
    } catch (error) {
      findings.push(findingOf(error))
    }
  }
  return formatted ? { start, hardState } : undefined
}

async function* chunksFrom(store: ChunkStore, start: Start): AsyncGenerator<Chunk> {
  const firstOffset = await store.firstBaseOffset(start.offset)
  if (firstOffset === undefined) return
  if (firstOffset !== start.offset) throw hole(start.offset, firstOffset)
  const first = await store.chunkAt(start.offset)
  if (first === undefined) throw hole(start.offset, undefined)
  if (previousChecksumAt(first.bytes, chunkHeaderBytes) !== start.checksum)
    throw new LogError(
      'LOG_CORRUPT',
      `the first chunk does not continue what was before offset ${start.offset}`,
      {
        offset: start.offset,
      },
    )
  yield first
  yield* store.chunksAfter(first, readAheadBytes)
}
