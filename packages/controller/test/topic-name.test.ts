import t from 'tap'
import { checkTopicName, collisionName } from '../src/topic-name.ts'

t.test('letters, digits, dots, underscores and dashes make a topic name', async (t) => {
  for (const name of ['orders', 'Orders.v2_eu-west', '__consumer_offsets', '...', '7', 'a'.repeat(249)]) {
    t.doesNotThrow(() => checkTopicName(name), name)
  }
})

t.test('what Kafka refuses as a topic name is refused, with what is wrong', async (t) => {
  const faults: Record<string, RegExp> = {
    '': /empty/,
    '.': /must not be '\.'/,
    '..': /must not be '\.\.'/,
    ['a'.repeat(250)]: /at most 249 characters.*250/,
    'a b': /characters other than/,
    'a/b': /characters other than/,
    größe: /characters other than/,
    'orders\n': /characters other than/,
  }
  for (const [name, message] of Object.entries(faults)) {
    t.throws(() => checkTopicName(name), { code: 'INVALID_TOPIC_EXCEPTION', message }, JSON.stringify(name))
  }
})

t.test('names that differ in dots and underscores only collide', async (t) => {
  t.equal(collisionName('a.b_c'), collisionName('a_b.c'))
  t.not(collisionName('a.b'), collisionName('a-b'))
})
