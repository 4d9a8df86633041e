import { deleteTopicsApi } from '@quorate/controller'
import type { ClusterClient } from '../../client/cluster-client.ts'
import { describeTopics } from '../../client/describe.ts'
import { RefusedError, ServerError } from '../../errors.ts'
import { compareTopics } from '../../topics/compare-topics.ts'
import { createTopics } from '../../topics/create-topics.ts'
import type { WantedTopic } from '../../topics/topics-file.ts'
import type { Terminal } from '../terminal.ts'

/**
 * Creates one topic.
 *
 * @throws the code of the controller's refusal: TOPIC_ALREADY_EXISTS, INVALID_TOPIC_EXCEPTION, INVALID_PARTITIONS,
 *   INVALID_REPLICATION_FACTOR, INVALID_CONFIG and the others of `createTopicsApi`
 */
export async function createTopicCommand(
  topic: WantedTopic,
  client: ClusterClient,
  terminal: Terminal,
): Promise<void> {
  const results = await createTopics(client, [topic])
  throwRefusals('created', results)
  for (const { name, partitions, replicationFactor } of results) {
    terminal.print(`created ${name} (partitions ${partitions}, replication factor ${replicationFactor})`)
  }
}

/** Deletes topics by name. @throws the code of the controller's refusal; the others are deleted all the same */
export async function deleteTopicsCommand(
  names: readonly string[],
  client: ClusterClient,
  terminal: Terminal,
): Promise<void> {
  const { topics } = await client.controllers.request(deleteTopicsApi, {
    topics: names.map((name) => ({ name })),
  })
  const results = topics.map((topic, index) => ({
    name: topic.name ?? names[index] ?? '',
    error: topic.error,
    message: topic.message,
  }))
  for (const { name, error } of results) if (error === undefined) terminal.print(`deleted ${name}`)
  throwRefusals('deleted', results)
}

/**
 * Creates those of `wanted` that are missing, and says of each whether it was created, was there already, or is there
 * in another shape. Running it again changes nothing. Everything is checked first: one topic the controller would
 * refuse, and nothing is created.
 *
 * @throws TOPICS_DIFFER after the missing ones were created; the code of the controller's refusal
 */
export async function applyTopicsCommand(
  wanted: readonly WantedTopic[],
  client: ClusterClient,
  terminal: Terminal,
): Promise<void> {
  const existing = await describeTopics(client)
  const { missing, unchanged, different } = compareTopics(wanted, existing)
  if (missing.length > 0) {
    throwRefusals('created', await createTopics(client, missing, { validateOnly: true }))
    throwRefusals('created', await createTopics(client, missing))
  }
  for (const { name } of missing) terminal.print(`created    ${name}`)
  for (const name of unchanged) terminal.print(`unchanged  ${name}`)
  for (const { name, differences } of different)
    terminal.print(`different  ${name}  ${differences.join('; ')}`)
  terminal.print(`${missing.length} created, ${unchanged.length} unchanged, ${different.length} different`)
  if (different.length === 0) return
  throw new ServerError(
    'TOPICS_DIFFER',
    `${different.length} of ${wanted.length} topics are there in another shape and were left as they are`,
    'Bring the file in line with the cluster, or delete those topics and apply again',
  )
}

interface TopicResult {
  readonly name: string
  readonly error?: string | undefined
  readonly message?: string | undefined
}

/** One error for all refusals: the first in full, the others counted. */
function throwRefusals(done: string, results: readonly TopicResult[]): void {
  const refused = results.filter(({ error }) => error !== undefined)
  const [first] = refused
  if (first?.error === undefined) return
  const others = refused.length - 1
  const more =
    others === 0 ? '' : ` (and ${others} other ${others === 1 ? 'topic was' : 'topics were'} refused)`
  const what = `the topic "${first.name}" was not ${done}: ${first.message ?? first.error}${more}`
  throw new RefusedError(first.error, what)
}
