/**
 * An append-only log: durable batches with epochs and checksums on any `abstract-level` database.
 *
 * @packageDocumentation
 */
export { BatchAttribute, nextOffset } from './batch.ts'
export type { Batch, Epoch, Offset } from './batch.ts'
export { batchHeaderBytes, encodedBytes } from './batch-codec.ts'
export type { Clock } from './clock.ts'
export type { LogDatabase } from './database.ts'
export type { DiskSpace } from './disk/disk-space.ts'
export { createLog } from './create-log.ts'
export { divergenceOffset, endOffsetForEpoch } from './epochs.ts'
export { LogError } from './errors.ts'
export type { LogErrorCode } from './errors.ts'
export { assertInvariant, InvariantError } from './invariant.ts'
export type { EpochEnd, Log, NewBatch, TailOptions, TimestampOffset } from './log.ts'
export { logMetrics } from './metrics.ts'
export type { MetricDescription, Metrics } from './metrics.ts'
export { openLog } from './open-log.ts'
export type { CreateLogOptions, DatabaseOptions, LogLimitOptions, OpenLogOptions } from './options.ts'
export type { EpochStart, HardState, LogWrite, RaftLog, Vote } from './raft-log.ts'
export { openSnapshots } from './snapshots/open-snapshots.ts'
export type { OpenSnapshotsOptions } from './snapshots/open-snapshots.ts'
export type {
  NewSnapshot,
  SnapshotId,
  SnapshotInfo,
  SnapshotReadOptions,
  Snapshots,
  SnapshotWriter,
} from './snapshots/snapshots.ts'
export type { Segment } from './segment.ts'
export { createLogSet } from './set/create-log-set.ts'
export type { LogSet } from './set/log-set.ts'
export { openLogSet } from './set/open-log-set.ts'
export type { CreateLogSetOptions, OpenLogSetOptions } from './set/options.ts'
export type { Finding, RecoveryReport } from './recovery/report.ts'
export type { ScrubOptions, ScrubProgress } from './scrub/scrub.ts'
export { decodeBatches, encodeBatches, encodeBatchesInto } from './wire.ts'
