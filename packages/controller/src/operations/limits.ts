import type { MetadataRecord } from '../records.ts'

/** Records one batch may hold, and so what one operation may write at once (Kafka's limit). */
export const MAX_RECORDS_PER_BATCH = 10_000

/** Records of a change too large for one batch: the operation is run again, on the image these led to, while there is more. */
export interface Slice {
  readonly records: readonly MetadataRecord[]
  readonly more: boolean
}

/** The first `limit` of `records`; no more of them is made than that. */
export function firstSlice(records: Iterable<MetadataRecord>, limit: number): Slice {
  const slice: MetadataRecord[] = []
  for (const record of records) {
    if (slice.length === limit) return { records: slice, more: true }
    slice.push(record)
  }
  return { records: slice, more: false }
}
