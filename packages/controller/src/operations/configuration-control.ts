import { ControllerError } from '../errors.ts'
import type { MetadataRecordOf } from '../records.ts'
import { ResourceType } from '../records/config-record.ts'
import { topicConfigs } from '../topic-configs.ts'

/** Configs as requests carry them; null leaves one at its default. */
export type RequestedConfigs = readonly { readonly name: string; readonly value: string | null }[]

/**
 * The records that give a new topic its configs.
 *
 * @throws INVALID_CONFIG for a name Kafka does not know, one given twice, and a value Kafka would refuse
 */
export function topicConfigRecords(
  topicName: string,
  configs: RequestedConfigs,
): MetadataRecordOf<'ConfigRecord'>[] {
  const names = configs.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new ControllerError('INVALID_CONFIG', `config ${twice} is given twice`)
  return configs.flatMap(({ name, value }) => {
    const check = topicConfigs.get(name)
    if (check === undefined) {
      throw new ControllerError('INVALID_CONFIG', `there is no topic config '${name}'`, { name })
    }
    if (value === null) return []
    const fault = check(value)
    if (fault !== undefined) throw new ControllerError('INVALID_CONFIG', `${name} ${fault}`, { name })
    return [
      {
        type: 'ConfigRecord',
        resourceType: ResourceType.topic,
        resourceName: topicName,
        name,
        value,
      } as const,
    ]
  })
}
