/**
 * An append-only log: durable batches with epochs and checksums on any `abstract-level` database.
 *
 * @packageDocumentation
 */
export { BatchAttribute, nextOffset } from './batch.ts'
export type { Batch, Epoch, Offset } from './batch.ts'
export { LogError } from './errors.ts'
export type { LogErrorCode } from './errors.ts'
export type { EpochStart, HardState, LogWrite, RaftLog, Vote } from './raft-log.ts'
