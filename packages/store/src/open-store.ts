import type { RaftOptions } from '@quorate/raft'
import { z } from 'zod'
import type { RecordOf, RecordTypes, StoreDefinition } from './definition.ts'
import { ReplicatedStore } from './replicated-store.ts'
import type { Store } from './store.ts'

/** What `openStore` needs beside the definition. */
export interface StoreOptions {
  /** The Raft node the store runs on; the store opens it and closes it. Log and transport stay yours to close, after. */
  readonly raft: Omit<RaftOptions, 'stateMachine'>
  /** Most records one write may append. @default 10_000 */
  readonly maxBatchRecords?: number
  /** Writes that may wait to be committed; more are refused with STORE_OVERLOADED. @default 10_000 */
  readonly maxPendingWrites?: number
  /** Records a slow reader of `changes` gets merged into one change before it is sent the whole image. @default 10_000 */
  readonly maxMergedRecords?: number
}

const limitsSchema = z.object({
  maxBatchRecords: z.int().positive().default(10_000),
  maxPendingWrites: z.int().positive().default(10_000),
  maxMergedRecords: z.int().positive().default(10_000),
})

/**
 * Opens a store on a Raft node. Its image is empty until a leader says what is committed.
 *
 * @throws STORE_DEFINITION_INVALID, RAFT_OPTIONS_INVALID, TypeError for limits that are not positive integers
 */
export function openStore<Types extends RecordTypes, Image>(
  definition: StoreDefinition<Types, Image>,
  options: StoreOptions,
): Store<Image, RecordOf<Types>> {
  const limits = limitsSchema.safeParse(options)
  if (!limits.success) throw new TypeError(`openStore: ${z.prettifyError(limits.error)}`)
  return new ReplicatedStore(definition, options.raft, limits.data)
}
