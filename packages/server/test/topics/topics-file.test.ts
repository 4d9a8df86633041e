import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseTopics, readTopicsFile } from '../../src/topics/topics-file.ts'

function resource(body: string): string {
  return `apiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaTopic\n${body}`
}

t.test('a file may hold many resources, one a document', (t) => {
  const text = [
    resource('metadata: { name: plain }\nspec: {}\n'),
    resource('metadata: { name: k8s-name }\nspec: { topicName: Real_Name, partitions: 12, replicas: 3 }\n'),
  ].join('---\n')
  t.strictSame(parseTopics(text, 'topics.yaml'), [
    { name: 'plain', configs: {} },
    { name: 'Real_Name', partitions: 12, replicationFactor: 3, configs: {} },
  ])
  t.end()
})

t.test('config values become text, whatever YAML made of them', (t) => {
  const text = resource(`metadata: { name: a }
spec:
  config:
    retention.ms: 604800000
    retention.bytes: -1
    min.cleanable.dirty.ratio: 0.01
    unclean.leader.election.enable: false
    cleanup.policy: compact,delete
    segment.bytes: "1073741824"
`)
  t.strictSame(parseTopics(text, 'topics.yaml')[0]?.configs, {
    'retention.ms': '604800000',
    'retention.bytes': '-1',
    'min.cleanable.dirty.ratio': '0.01',
    'unclean.leader.election.enable': 'false',
    'cleanup.policy': 'compact,delete',
    'segment.bytes': '1073741824',
  })
  t.end()
})

t.test('what Kubernetes adds around spec is let through, and empty documents are skipped', (t) => {
  const text = `---\n---\n${resource('metadata: { name: a, labels: { x: y }, uid: z }\nspec: {}\nstatus: { n: 1 }\n')}---\n`
  t.strictSame(parseTopics(text, 'topics.yaml'), [{ name: 'a', configs: {} }])
  t.end()
})

t.test('both versions of the resource are read', (t) => {
  const text = 'apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: a }\nspec: {}\n'
  t.equal(parseTopics(text, 'topics.yaml').length, 1)
  t.end()
})

const first = resource('metadata: { name: a }\nspec: {}\n')
const refusals: readonly (readonly [what: string, text: string, message: RegExp])[] = [
  [
    'another kind, with document and line',
    `${first}---\napiVersion: kafka.strimzi.io/v1beta2\nkind: KafkaUser\nmetadata: { name: b }\nspec: {}\n`,
    /^topics\.yaml:7: document 2: "kind": /,
  ],
  [
    'an older version of the resource',
    first.replace('v1beta2', 'v1alpha1'),
    /^topics\.yaml:1: document 1: "apiVersion": /,
  ],
  [
    'a misspelt key in spec',
    first.replace('{}', '{ partition: 3 }'),
    /^topics\.yaml:4: document 1: unknown key "spec\.partition"; did you mean "partitions"\?$/,
  ],
  ['no name', first.replace('name: a', 'labels: {}'), /^topics\.yaml:3: document 1: "metadata\.name": /],
  ['zero partitions', first.replace('{}', '{ partitions: 0 }'), /document 1: "spec\.partitions": /],
  [
    'a config that is a list',
    first.replace('{}', '{ config: { cleanup.policy: [compact] } }'),
    /document 1: "spec\.config\.cleanup\.policy": /,
  ],
  [
    'a topic that occurs twice',
    `${first}---\n${first}`,
    /^topics\.yaml:6: document 2: the topic "a" occurs a second time$/,
  ],
  ['broken YAML', `${first}---\nkind: [`, /^topics\.yaml:6: document 2: /],
  ['an empty file', '', /^topics\.yaml: there is no topic in it$/],
]

for (const [what, text, message] of refusals) {
  t.test(`a topics file is refused for ${what}`, (t) => {
    t.throws(() => parseTopics(text, 'topics.yaml'), { code: 'TOPICS_FILE_INVALID', message })
    t.end()
  })
}

t.test('a file that cannot be read is an error that names it', async (t) => {
  await t.rejects(readTopicsFile('/nowhere.yaml'), {
    code: 'TOPICS_FILE_NOT_READABLE',
    message: /nowhere.*ENOENT/,
  })
})

t.test("the quickstart's list is a whole shop", async (t) => {
  const path = fileURLToPath(new URL('../../../../examples/quickstart/topics.yaml', import.meta.url))
  const topics = await readTopicsFile(path)
  t.ok(topics.length >= 60, `${topics.length} topics`)
  const partitions = topics.reduce((sum, topic) => sum + (topic.partitions ?? 0), 0)
  t.ok(partitions >= 600, `${partitions} partitions`)
  t.ok(topics.every((topic) => topic.replicationFactor === 3))
})
