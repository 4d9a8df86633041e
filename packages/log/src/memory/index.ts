/**
 * The log in memory: the contract of the log on disk, with unsynced data, crashes and damage at hand.
 *
 * @packageDocumentation
 */
export type { CrashOptions, MemoryLog } from './memory-log.ts'
export { openMemoryLog } from './open-memory-log.ts'
export type { MemoryLogOptions } from './open-memory-log.ts'
export { openMemorySnapshots } from './open-memory-snapshots.ts'
export type { MemorySnapshotsOptions } from './open-memory-snapshots.ts'
export { createMemorySnapshotDirectory } from './snapshot-directory.ts'
export type { MemorySnapshotDirectory } from './snapshot-directory.ts'
export { createMemoryStorage } from './storage.ts'
export type { MemoryStorage } from './storage.ts'
