import { readFile } from 'node:fs/promises'
import { LineCounter, parseAllDocuments, type Document } from 'yaml'
import { z } from 'zod'
import { yamlProblem } from '../config/yaml-problem.ts'
import { ServerError } from '../errors.ts'

/** A topic somebody wants. What is absent is the cluster's to choose. */
export interface WantedTopic {
  readonly name: string
  readonly partitions?: number
  readonly replicationFactor?: number
  /** Topic configs by Kafka's names; every value is text, as Kafka has it. */
  readonly configs: Readonly<Record<string, string>>
}

const spec = z.strictObject({
  topicName: z.string().min(1).optional(),
  partitions: z.int().min(1).optional(),
  replicas: z.int().min(1).max(32_767).optional(),
  config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
})

/** Strimzi's KafkaTopic. Kubernetes adds to `metadata` and `status` as it likes; only `spec` is the user's. */
const kafkaTopic = z.looseObject({
  apiVersion: z.enum(['kafka.strimzi.io/v1', 'kafka.strimzi.io/v1beta2']),
  kind: z.literal('KafkaTopic'),
  metadata: z.looseObject({ name: z.string().min(1) }),
  spec,
})

const maxFileBytes = 64 * 1024 * 1024

/**
 * Reads a file of Strimzi `KafkaTopic` resources, one a YAML document.
 *
 * @throws TOPICS_FILE_NOT_READABLE, TOPICS_FILE_INVALID (names document and line)
 */
export async function readTopicsFile(path: string): Promise<readonly WantedTopic[]> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ServerError(
      'TOPICS_FILE_NOT_READABLE',
      `the topics file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      'Give the path of a readable file',
      { cause },
    )
  }
  return parseTopics(text, path)
}

/**
 * Parses the text of a topics file. `name` is what errors call the file. Empty documents are skipped.
 *
 * The topic's name is `spec.topicName`, or `metadata.name` where that is absent: Kubernetes refuses many a name that
 * Kafka allows. Whether the name and the configs are good is the controller's to say.
 *
 * @throws TOPICS_FILE_INVALID: not YAML, not a KafkaTopic, a name that occurs twice, or no topic at all
 */
export function parseTopics(text: string, name: string): readonly WantedTopic[] {
  if (text.length > maxFileBytes) {
    throw invalid(`${name} is larger than ${maxFileBytes} bytes`)
  }
  const lines = new LineCounter()
  const documents: readonly Document[] = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false })
  const topics = new Map<string, WantedTopic>()
  for (const [index, document] of documents.entries()) {
    const place = (line: number): string => `${name}:${line}: document ${index + 1}`
    const broken = document.errors[0]
    if (broken) throw invalid(`${place(lines.linePos(broken.pos[0]).line)}: ${broken.message}`)
    const value: unknown = document.toJS()
    if (value === null || value === undefined) continue

    const resource = kafkaTopic.safeParse(value)
    if (!resource.success) {
      const problem = yamlProblem(resource.error.issues, document, lines, knownTopicKeys)
      throw invalid(`${place(problem.line)}: ${problem.what}`)
    }
    const topic = wantedTopic(resource.data)
    if (topics.has(topic.name)) {
      const line = lines.linePos(document.contents?.range?.[0] ?? 0).line
      throw invalid(`${place(line)}: the topic "${topic.name}" occurs a second time`)
    }
    topics.set(topic.name, topic)
  }
  if (topics.size === 0) throw invalid(`${name}: there is no topic in it`)
  return [...topics.values()]
}

function wantedTopic({ metadata, spec }: z.output<typeof kafkaTopic>): WantedTopic {
  const configs = Object.entries(spec.config ?? {}).map(([key, value]) => [key, String(value)] as const)
  return {
    name: spec.topicName ?? metadata.name,
    ...(spec.partitions === undefined ? {} : { partitions: spec.partitions }),
    ...(spec.replicas === undefined ? {} : { replicationFactor: spec.replicas }),
    configs: Object.fromEntries(configs),
  }
}

function knownTopicKeys(path: readonly PropertyKey[]): readonly string[] {
  return path.length === 1 && path[0] === 'spec' ? Object.keys(spec.shape) : []
}

function invalid(what: string): ServerError {
  return new ServerError(
    'TOPICS_FILE_INVALID',
    what,
    'Write one KafkaTopic of kafka.strimzi.io/v1 or v1beta2 a document',
  )
}
