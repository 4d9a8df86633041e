import { previousChecksumOf } from './batch-codec.ts'
import { ChunkStore, hole } from './chunk-store.ts'
import type { Chunk } from './chunk-store.ts'
import type { LogDatabase } from './database.ts'
import { openDirectory } from './directory.ts'
import { decodeEpochStart } from './epochs.ts'
import { LogError } from './errors.ts'
import { checkFormat } from './format.ts'
import { decodeHardState } from './hard-state-codec.ts'
import { Keys } from './keys.ts'
import { LevelLog } from './level-log.ts'
import type { Log } from './log.ts'
import { parseOpenOptions } from './options.ts'
import type { OpenLogOptions } from './options.ts'
import type { EpochStart } from './raft-log.ts'
import type { Tail } from './tail.ts'

/**
 * Opens a log that {@link createLog} made, and verifies its end: the last chunk, its link to the one before it, the
 * epoch index, the hard state. The time that takes grows with the number of epochs, not with the length of the log;
 * everything else is verified when it is read.
 *
 * LevelDB drops the end of a damaged write-ahead log without a word. A log that lost its end that way opens, shorter.
 *
 * @throws LOG_NOT_FOUND (nothing changed), LOG_LOCKED, LOG_NOT_WRITABLE, LOG_CORRUPT (`details.offset` is the first that
 *   cannot be trusted, where one is known), LOG_IO, TypeError for options that make no sense
 */
export async function openLog(options: OpenLogOptions): Promise<Log> {
  const { path, database, name, now, ...limits } = parseOpenOptions(options)
  // The schema lets exactly one of the two through.
  const own = database === undefined ? await openDirectory(path!, false) : callers(database)
  try {
    const keys = new Keys(name)
    const store = new ChunkStore(own.database, keys)
    await store.ready()
    const found = await recover(store, keys, name)
    return new LevelLog({ store, keys, ...found, limits, now, release: own.release })
  } catch (error) {
    await own.release()
    throw error
  }
}

function callers(database: LogDatabase): { database: LogDatabase; release: () => Promise<void> } {
  return { database, release: () => Promise.resolve() }
}

async function recover(
  store: ChunkStore,
  keys: Keys,
  name: string,
): Promise<{ tail: Tail; checksum: number }> {
  const format = await store.get(keys.format)
  if (format === undefined)
    throw new LogError(
      'LOG_NOT_FOUND',
      `the database holds no log named '${name}': make one with createLog`,
      { name },
    )
  checkFormat(format)
  const hardState = await store.get(keys.hardState)
  const epochs = (await store.epochValues()).map(decodeEpochStart)
  const first = await store.firstBaseOffset()
  if (first !== undefined && first !== 0) throw hole(0, first)
  const last = await store.chunkAt(Number.MAX_SAFE_INTEGER)
  if (last !== undefined) await checkLink(store, last)
  checkEpochs(epochs, last)
  return {
    tail: {
      startOffset: 0,
      endOffset: last?.endOffset ?? 0,
      epochs,
      hardState: hardState === undefined ? undefined : decodeHardState(hardState),
    },
    checksum: last?.checksum ?? 0,
  }
}

/** The last chunk must be the successor of the one before it. */
async function checkLink(store: ChunkStore, last: Chunk): Promise<void> {
  if (last.baseOffset === 0) return
  const before = await store.chunkAt(last.baseOffset - 1)
  if (before?.endOffset !== last.baseOffset) throw hole(before?.endOffset ?? 0, last.baseOffset)
  if (before.checksum === previousChecksumOf(last.bytes)) return
  const message = `the chunk at offset ${last.baseOffset} is not the successor of the one before it`
  throw new LogError('LOG_CORRUPT', message, { offset: last.baseOffset })
}

/** The index must begin with the log, ascend, and end with the epoch of the last batch. */
function checkEpochs(epochs: readonly EpochStart[], last: Chunk | undefined): void {
  const ascending = epochs.every(({ startOffset }, index) => {
    const before = epochs[index - 1]
    return before === undefined ? startOffset === 0 : before.startOffset < startOffset
  })
  const indexed = epochs.at(-1)
  const lastBatch = last?.batches.at(-1)
  const ends =
    indexed?.epoch === lastBatch?.epoch && (indexed?.startOffset ?? -1) <= (lastBatch?.baseOffset ?? -1)
  if (ascending && ends) return
  throw new LogError('LOG_CORRUPT', 'the epoch index does not fit the batches', {
    record: 'epoch',
    offset: indexed?.startOffset ?? 0,
  })
}
