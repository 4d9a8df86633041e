import { assertInvariant, type SnapshotId } from '@quorate/log'
import type { FetchSnapshotResponse, SnapshotChunk, Voter } from '../messages.ts'
import { heardLeader, onRefusal } from './leader-contact.ts'
import type { Replica } from './replica.ts'
import type { Follower } from './roles.ts'

/** A snapshot on its way here, part by part. */
export interface SnapshotPull {
  readonly snapshotId: SnapshotId
  /** Everything before it is stored here; in bytes. */
  position: number
  /** What the first part said the whole must come to. */
  whole: Pick<SnapshotChunk, 'totalBytes' | 'checksum' | 'timestampMs'> | undefined
  /** The driver is storing a part, or preparing to: nothing is asked for meanwhile. */
  isStoring: boolean
}

/** Parts are asked for so that the pause between two is at most this share of the fetch timeout: silence is absence. */
const pauseShare = 0.25

/**
 * The leader named a snapshot that this node must have before it can fetch on.
 *
 * What is here of the same snapshot already is kept, whoever it came from.
 */
export function beginPull(replica: Replica, role: Follower, snapshotId: SnapshotId): void {
  assertInvariant(
    snapshotId.endOffset > replica.highWatermark,
    'a leader never asks a follower to replace what is committed',
  )
  role.pulling = true
  if (replica.pull !== undefined && isSame(replica.pull.snapshotId, snapshotId)) return
  replica.pull = { snapshotId, position: 0, whole: undefined, isStoring: true }
  replica.emit({ type: 'receive-snapshot', snapshotId })
}

/** Asks for the next part, unless the last one is still being stored. */
export function askForChunk(replica: Replica, role: Follower): void {
  const { pull, config } = replica
  assertInvariant(pull !== undefined, 'a follower that pulls knows what')
  if (pull.isStoring) return
  role.fetch = replica.send(role.leaderId, {
    type: 'fetch-snapshot',
    clusterId: config.clusterId,
    epoch: replica.epoch,
    replicaId: config.id,
    replicaDirectoryId: config.directoryId,
    ...(config.isJoiner ? ({ isJoiner: true } as const) : {}),
    snapshotId: pull.snapshotId,
    position: pull.position,
    maxBytes: chunkBytes(replica),
  })
}

/** Takes in a part. Its epoch and leader were compared with ours before. */
export function onChunkResponse(
  replica: Replica,
  role: Follower,
  correlationId: number,
  { error, chunk }: FetchSnapshotResponse,
): void {
  if (role.fetch !== correlationId) return
  role.fetch = undefined
  if (error !== undefined) {
    onRefusal(replica, role, error)
    // The leader dropped it, or has another one under its name: what it has now, the next fetch tells.
    if (error === 'SNAPSHOT_NOT_FOUND' || error === 'POSITION_OUT_OF_RANGE') startOver(replica, role)
    return
  }
  heardLeader(replica, role)
  const { pull } = replica
  if (pull === undefined || chunk === undefined || !fits(pull, chunk)) return startOver(replica, role)
  pull.whole = chunk
  pull.isStoring = true
  role.retryMs = replica.now + pauseMs(replica, chunk.bytes.byteLength)
  replica.emit({ type: 'store-chunk', chunk })
}

/** A part was stored. */
export function onStored(replica: Replica, snapshotId: SnapshotId, position: number): void {
  const { pull } = replica
  if (pull === undefined || !isSame(pull.snapshotId, snapshotId)) return
  pull.position = position
  pull.isStoring = false
}

/**
 * The snapshot is whole and durable. A follower that still waits for it installs it.
 *
 * On a node that does something else by now it is a snapshot as good as one of its own.
 */
export function onComplete(
  replica: Replica,
  role: Follower | undefined,
  snapshotId: SnapshotId,
  voters: readonly Voter[] | undefined,
): void {
  const { pull } = replica
  if (pull === undefined || !isSame(pull.snapshotId, snapshotId)) return
  replica.pull = undefined
  if (role === undefined || !role.pulling) return
  role.pulling = false
  replica.install(snapshotId, voters)
}

/** It came damaged, or the disk did not take it. The leader is asked again. */
export function onRefused(replica: Replica, role: Follower | undefined, snapshotId: SnapshotId): void {
  const { pull } = replica
  if (pull === undefined || !isSame(pull.snapshotId, snapshotId)) return
  replica.pull = undefined
  if (role === undefined) return
  role.pulling = false
  role.retryMs = replica.now + replica.config.retryBackoffMs
}

/** Gives up what is being pulled, if anything: the leader has no need of it, or has another. */
export function abandonPull(replica: Replica): void {
  if (replica.pull === undefined) return
  replica.pull = undefined
  replica.emit({ type: 'drop-received' })
}

function startOver(replica: Replica, role: Follower): void {
  role.pulling = false
  abandonPull(replica)
}

/** Whether `chunk` goes on where `pull` is, and is of the same bytes: two nodes may write one snapshot differently. */
function fits({ snapshotId, position, whole }: SnapshotPull, chunk: SnapshotChunk): boolean {
  return (
    isSame(snapshotId, chunk.snapshotId) &&
    position === chunk.position &&
    chunk.bytes.byteLength > 0 &&
    position + chunk.bytes.byteLength <= chunk.totalBytes &&
    (whole === undefined ||
      (whole.totalBytes === chunk.totalBytes &&
        whole.checksum === chunk.checksum &&
        whole.timestampMs === chunk.timestampMs))
  )
}

function isSame(a: SnapshotId, b: SnapshotId): boolean {
  return a.endOffset === b.endOffset && a.epoch === b.epoch
}

/** Bytes to ask for: what the limit of bytes a second allows in a part of the fetch timeout. */
function chunkBytes({ config }: Replica): number {
  const { snapshotFetchMaxBytes, snapshotFetchBytesPerSecond: rate, fetchTimeoutMs } = config
  if (rate === undefined) return snapshotFetchMaxBytes
  const affordable = Math.floor((rate * fetchTimeoutMs * pauseShare) / 1_000)
  return Math.max(1, Math.min(snapshotFetchMaxBytes, affordable))
}

/** How long to wait after so many bytes, to stay within the limit of bytes a second. */
function pauseMs({ config }: Replica, bytes: number): number {
  const { snapshotFetchBytesPerSecond: rate } = config
  return rate === undefined ? 0 : (bytes / rate) * 1_000
}
