import { createTopics, type WantedTopic } from '@quorate/server'
import { partitionsOf } from '../partitions.ts'
import { until, type Story } from '../story.ts'

const topicsPerRequest = 5

/** Creates `topics`, a few with each request, and waits until the observer has seen the last of them. */
export async function createAllTopics(story: Story, topics: readonly WantedTopic[]): Promise<void> {
  const { client, narrator, stop } = story
  const bar = narrator.bar('topics created', topics.length)
  try {
    for (let done = 0; done < topics.length; done += topicsPerRequest) {
      stop.throwIfAborted()
      const some = topics.slice(done, done + topicsPerRequest)
      for (const { name, error, message } of await createTopics(client, some)) {
        if (error !== undefined) throw new Error(`the topic ${name} was refused: ${error}: ${message}`)
      }
      bar.update(done + some.length)
    }
  } finally {
    bar.stop()
  }
  const image = await until(
    story,
    'every topic is in the metadata',
    (image) => image.topics.size === topics.length,
  )
  const partitions = partitionsOf(image)
  const replicas = partitions.reduce((sum, partition) => sum + partition.replicas.length, 0)
  narrator.say(`${topics.length} topics: ${partitions.length} partitions, ${replicas} replicas`)
}
