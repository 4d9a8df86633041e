import { type Batch, decodeBatches, encodeBatchesInto, encodedBytes } from '@quorate/log'
import type { BodyCodec } from '@quorate/transport'
import { endpointsSchema } from '../core/voter-schema.ts'
import type { Endpoints, FetchResponse } from '../messages.ts'
import { assertHeader, readOffset, readText, viewOf, writeOffset } from './fields.ts'
import { refusals } from './refusals.ts'

const at = {
  /** Which of the fields that may be absent are there: a bit each, of {@link has}. */
  fields: 0,
  error: 1,
  endpointsBytes: 2,
  epoch: 4,
  leaderId: 8,
  highWatermark: 12,
  readRound: 20,
  divergingEpoch: 28,
  divergingEndOffset: 32,
  snapshotEpoch: 40,
  snapshotEndOffset: 44,
} as const
const headerBytes = 52

const has = { leaderId: 1, readRound: 2, divergingEpoch: 4, snapshotId: 8 } as const

/** The body of a Fetch response, version 0. docs/formats.md describes its bytes. */
export const fetchResponseCodec: BodyCodec<FetchResponse> = {
  byteLength: ({ batches, leaderEndpoints }) =>
    headerBytes + endpointsText(leaderEndpoints).byteLength + encodedBytes(batches),

  write(response, into, from) {
    const { error, leaderId, readRound, divergingEpoch, snapshotId, batches } = response
    const view = viewOf(into.subarray(from))
    view.setUint8(
      at.fields,
      (leaderId === undefined ? 0 : has.leaderId) |
        (readRound === undefined ? 0 : has.readRound) |
        (divergingEpoch === undefined ? 0 : has.divergingEpoch) |
        (snapshotId === undefined ? 0 : has.snapshotId),
    )
    view.setUint8(at.error, error === undefined ? 0 : refusals.indexOf(error) + 1)
    view.setUint32(at.epoch, response.epoch)
    view.setUint32(at.leaderId, leaderId ?? 0)
    writeOffset(view, at.highWatermark, response.highWatermark)
    writeOffset(view, at.readRound, readRound ?? 0)
    view.setUint32(at.divergingEpoch, divergingEpoch?.epoch ?? 0)
    writeOffset(view, at.divergingEndOffset, divergingEpoch?.endOffset ?? 0)
    view.setUint32(at.snapshotEpoch, snapshotId?.epoch ?? 0)
    writeOffset(view, at.snapshotEndOffset, snapshotId?.endOffset ?? 0)
    const endpoints = endpointsText(response.leaderEndpoints)
    view.setUint16(at.endpointsBytes, endpoints.byteLength)
    into.set(endpoints, from + headerBytes)
    encodeBatchesInto(into, from + headerBytes + endpoints.byteLength, batches)
  },

  read(bytes) {
    assertHeader(bytes.byteLength, headerBytes)
    const view = viewOf(bytes)
    const fields = view.getUint8(at.fields)
    const error = view.getUint8(at.error)
    const endpointsBytes = view.getUint16(at.endpointsBytes)
    const batchesFrom = headerBytes + endpointsBytes
    if (batchesFrom > bytes.byteLength) throw new Error('the endpoints of the leader are cut short')
    if (error > refusals.length) throw new Error(`there is no error ${error}`)
    const response: { -readonly [Key in keyof FetchResponse]: FetchResponse[Key] } = {
      type: 'fetch',
      epoch: view.getUint32(at.epoch),
      highWatermark: readOffset(view, at.highWatermark),
      batches: batchesFrom === bytes.byteLength ? noBatches : decodeBatches(bytes.subarray(batchesFrom)),
    }
    if (error > 0) response.error = refusals[error - 1]!
    if ((fields & has.leaderId) > 0) response.leaderId = view.getUint32(at.leaderId)
    if ((fields & has.readRound) > 0) response.readRound = readOffset(view, at.readRound)
    if ((fields & has.divergingEpoch) > 0) {
      const endOffset = readOffset(view, at.divergingEndOffset)
      response.divergingEpoch = { epoch: view.getUint32(at.divergingEpoch), endOffset }
    }
    if ((fields & has.snapshotId) > 0) {
      const endOffset = readOffset(view, at.snapshotEndOffset)
      response.snapshotId = { endOffset, epoch: view.getUint32(at.snapshotEpoch) }
    }
    if (endpointsBytes > 0) response.leaderEndpoints = endpointsOf(readText(view, headerBytes, batchesFrom))
    return response
  },
}

const noBatches: readonly Batch[] = []
const nothing = new Uint8Array(0)

/** Endpoints are sent in refusals only, so JSON is quick enough. */
function endpointsText(endpoints: Endpoints | undefined): Uint8Array {
  return endpoints === undefined ? nothing : Buffer.from(JSON.stringify(endpoints))
}

function endpointsOf(text: string): Endpoints {
  const parsed = endpointsSchema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  throw new Error('the endpoints of the leader are not a map of text to text')
}
