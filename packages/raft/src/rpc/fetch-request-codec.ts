import type { BodyCodec } from '@quorate/transport'
import type { FetchRequest } from '../messages.ts'
import { assertHeader, readOffset, readText, viewOf, writeOffset } from './fields.ts'

const at = {
  epoch: 0,
  replicaId: 4,
  fetchOffset: 8,
  lastFetchedEpoch: 16,
  highWatermark: 20,
  maxWaitMs: 28,
  readRound: 36,
  leaseMs: 44,
  clusterIdBytes: 52,
  directoryIdBytes: 54,
  isJoiner: 56,
} as const
const headerBytes = 57

const maxNameLength = 64
const longestWaitMs = 60_000
const longestLeaseMs = 3_600_000

/** The body of a Fetch request, version 0. docs/formats.md describes its bytes. */
export const fetchRequestCodec: BodyCodec<FetchRequest> = {
  byteLength: ({ clusterId, replicaDirectoryId }) =>
    headerBytes + Buffer.byteLength(clusterId) + Buffer.byteLength(replicaDirectoryId),

  write(request, into, from) {
    const view = viewOf(into.subarray(from))
    view.setUint32(at.epoch, request.epoch)
    view.setInt32(at.replicaId, request.replicaId)
    writeOffset(view, at.fetchOffset, request.fetchOffset)
    view.setUint32(at.lastFetchedEpoch, request.lastFetchedEpoch)
    writeOffset(view, at.highWatermark, request.highWatermark)
    view.setFloat64(at.maxWaitMs, request.maxWaitMs)
    writeOffset(view, at.readRound, request.readRound)
    view.setFloat64(at.leaseMs, request.leaseMs ?? 0)
    const text = Buffer.from(into.buffer, into.byteOffset + from + headerBytes)
    const clusterIdBytes = text.write(request.clusterId)
    const directoryIdBytes = text.write(request.replicaDirectoryId, clusterIdBytes)
    view.setUint16(at.clusterIdBytes, clusterIdBytes)
    view.setUint16(at.directoryIdBytes, directoryIdBytes)
    view.setUint8(at.isJoiner, request.isJoiner === true ? 1 : 0)
  },

  read(bytes) {
    assertHeader(bytes.byteLength, headerBytes)
    const view = viewOf(bytes)
    const clusterIdEnd = headerBytes + view.getUint16(at.clusterIdBytes)
    const end = clusterIdEnd + view.getUint16(at.directoryIdBytes)
    if (end !== bytes.byteLength) throw new Error(`its names end at byte ${end} of ${bytes.byteLength}`)
    const leaseMs = view.getFloat64(at.leaseMs)
    const isJoiner = view.getUint8(at.isJoiner)
    if (isJoiner > 1) throw new Error(`isJoiner is ${isJoiner}, neither 0 nor 1`)
    const request: { -readonly [Key in keyof FetchRequest]: FetchRequest[Key] } = {
      type: 'fetch',
      clusterId: checkedName('clusterId', readText(view, headerBytes, clusterIdEnd)),
      epoch: view.getUint32(at.epoch),
      replicaId: view.getInt32(at.replicaId),
      replicaDirectoryId: checkedName('replicaDirectoryId', readText(view, clusterIdEnd, end)),
      fetchOffset: readOffset(view, at.fetchOffset),
      lastFetchedEpoch: view.getUint32(at.lastFetchedEpoch),
      highWatermark: readOffset(view, at.highWatermark),
      maxWaitMs: checkedMs('maxWaitMs', view.getFloat64(at.maxWaitMs), longestWaitMs),
      readRound: readOffset(view, at.readRound),
    }
    if (request.replicaId < -1) throw new Error(`replicaId ${request.replicaId} is below -1`)
    if (isJoiner === 1) request.isJoiner = true
    if (leaseMs !== 0) request.leaseMs = checkedMs('leaseMs', leaseMs, longestLeaseMs)
    return request
  },
}

function checkedName(field: string, name: string): string {
  if (name.length > 0 && name.length <= maxNameLength) return name
  throw new Error(`${field} has ${name.length} characters, not 1 to ${maxNameLength}`)
}

function checkedMs(field: string, value: number, max: number): number {
  // Not a number is in no range.
  if (value >= 0 && value <= max) return value
  throw new Error(`${field} ${value} is not from 0 to ${max}`)
}
