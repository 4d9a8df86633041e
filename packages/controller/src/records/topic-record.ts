import { z } from 'zod'
import { idField } from './fields.ts'

/** A topic came to be (KRaft: TopicRecord, 2). Its configs and partitions follow in the same batch. */
export const topicRecord = z.looseObject({
  /** Unique while the topic exists. */
  name: z.string().min(1).max(249),
  /** Never used again, even if a topic of the same name is created later. */
  topicId: idField,
})
