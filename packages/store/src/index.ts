/**
 * A replicated store of your own typed records: records in, image out.
 *
 * @packageDocumentation
 */
export { defineStore } from './definition.ts'
export type { RecordOf, RecordPosition, RecordType, RecordTypes, StoreDefinition } from './definition.ts'
export type { Change, Decision, Store } from './store.ts'
