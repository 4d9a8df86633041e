import { z } from 'zod'

/** What a config belongs to, in Kafka's numbers. */
export const ResourceType = { topic: 2 } as const

/** A config was set or deleted (KRaft: ConfigRecord, 4). */
export const configRecord = z.looseObject({
  /** One of {@link ResourceType}. */
  resourceType: z.literal(ResourceType.topic),
  /** Name of the topic. */
  resourceName: z.string().min(1).max(249),
  /** Name of the config, such as `retention.ms`. */
  name: z.string().min(1).max(249),
  /** null deletes the config, and so brings back its default. */
  value: z.string().max(32_767).nullable(),
})
