import { defineStore } from '@quorate/store'
import type { StoreDefinition } from '@quorate/store'
import { fold } from './fold/fold.ts'
import type { MetadataImage } from './image/image.ts'
import { snapshot } from './image/snapshot.ts'
import { emptyImage } from './image/state.ts'
import { metadataRecords } from './records.ts'

/** Kafka's cluster metadata as a store: give it to `openStore` on every controller and every broker. */
export const metadata: StoreDefinition<typeof metadataRecords, MetadataImage> = defineStore({
  records: metadataRecords,
  empty: () => emptyImage,
  fold,
  snapshot,
})
