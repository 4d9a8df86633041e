/**
 * A replicated store of your own typed records: records in, image out.
 *
 * @packageDocumentation
 */
export { defineStore } from './definition.ts'
export type { RecordOf, RecordPosition, RecordType, RecordTypes, StoreDefinition } from './definition.ts'
export { StoreError } from './errors.ts'
export type { StoreErrorCode } from './errors.ts'
export { openStore } from './open-store.ts'
export type { StoreOptions } from './open-store.ts'
export type { Change, Decision, Store, StoreLeadership } from './store.ts'
