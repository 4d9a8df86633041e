import { assertInvariant } from '@quorate/log'
import { Map } from 'immutable'
import type { ImageState } from '../image/state.ts'
import type { MetadataRecordOf } from '../records.ts'

/** Sets or deletes a config. @throws InvariantError if there is no such topic */
export function foldConfigRecord(image: ImageState, record: MetadataRecordOf<'ConfigRecord'>): ImageState {
  const { name, resourceName, value } = record
  assertInvariant(image.topicIds.has(resourceName), `topic ${resourceName} exists when it is configured`)
  const configs = image.topicConfigs.get(resourceName) ?? Map<string, string>()
  const next = value === null ? configs.delete(name) : configs.set(name, value)
  return {
    ...image,
    topicConfigs: next.isEmpty()
      ? image.topicConfigs.delete(resourceName)
      : image.topicConfigs.set(resourceName, next),
  }
}
