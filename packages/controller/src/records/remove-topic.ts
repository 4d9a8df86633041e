import { z } from 'zod'
import { idField } from './fields.ts'

/** A topic is gone, with its partitions and configs (KRaft: RemoveTopicRecord, 9). */
export const removeTopic = z.looseObject({ topicId: idField })
