import type { TopicDescription } from '../client/describe.ts'
import type { WantedTopic } from './topics-file.ts'

/** What separates the topics that are wanted from those that are there. */
export interface TopicComparison {
  /** Not there. */
  readonly missing: readonly WantedTopic[]
  /** There, just as wanted. */
  readonly unchanged: readonly string[]
  /** There, in another shape: what differs, as sentences without a final full stop. */
  readonly different: readonly { readonly name: string; readonly differences: readonly string[] }[]
}

/**
 * Compares topics by name. What a wanted topic leaves open is not compared; a config that is set and not wanted is a
 * difference, as is a partition count or replication factor that is not the one wanted.
 */
export function compareTopics(
  wanted: readonly WantedTopic[],
  existing: readonly TopicDescription[],
): TopicComparison {
  const byName = new Map(
    existing.filter(({ error }) => error === undefined).map((topic) => [topic.name, topic]),
  )
  const missing: WantedTopic[] = []
  const unchanged: string[] = []
  const different: { name: string; differences: readonly string[] }[] = []
  for (const topic of wanted) {
    const found = byName.get(topic.name)
    if (found === undefined) {
      missing.push(topic)
      continue
    }
    const differences = differencesOf(topic, found)
    if (differences.length === 0) unchanged.push(topic.name)
    else different.push({ name: topic.name, differences })
  }
  return { missing, unchanged, different }
}

function differencesOf(wanted: WantedTopic, found: TopicDescription): readonly string[] {
  const differences: string[] = []
  const compare = (
    what: string,
    want: string | number | undefined,
    have: string | number | undefined,
  ): void => {
    if (want !== have) differences.push(`${what}: ${have ?? 'unset'}, wanted ${want ?? 'unset'}`)
  }
  if (wanted.partitions !== undefined) compare('partitions', wanted.partitions, found.partitions.length)
  if (wanted.replicationFactor !== undefined) {
    const replicas = found.partitions.find(
      (partition) => partition.replicas.length !== wanted.replicationFactor,
    )
    if (replicas) compare('replicas', wanted.replicationFactor, replicas.replicas.length)
  }
  const configs = new Map(found.configs.map(({ name, value }) => [name, value]))
  for (const name of new Set([...Object.keys(wanted.configs), ...configs.keys()])) {
    compare(name, wanted.configs[name], configs.get(name))
  }
  return differences
}
