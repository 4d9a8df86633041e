import { silentLogger } from '@quorate/transport'
import t from 'tap'
import { MetadataFollower } from '../../src/metadata/metadata-follower.ts'
import type { MetadataPublisher } from '../../src/metadata/publisher.ts'
import { settle } from '../support/settle.ts'
import { broker, metadataLog, topic } from '../support/metadata-log.ts'

/** A follower of a log that holds one broker, with publishers that write down what they are told. */
function openFollower(...publishers: readonly Partial<MetadataPublisher>[]) {
  const log = metadataLog()
  log.append(broker(1, 100))
  const calls: string[] = []
  const errors: unknown[] = []
  const follower = new MetadataFollower({
    store: log.store,
    publishers: publishers.map((publisher, index) => {
      const name = `p${index + 1}`
      return {
        name,
        publish(delta, image, context) {
          calls.push(
            `${name} ${context.offset}${context.first ? ' first' : ''}${delta.snapshot ? ' snapshot' : ''}`,
          )
          return publisher.publish?.(delta, image, context)
        },
        close() {
          calls.push(`${name} closed`)
          return publisher.close?.()
        },
      }
    }),
    logger: silentLogger,
    onPublished: (offset) => calls.push(`published ${offset}`),
    onFailure: (error) => errors.push(error),
  })
  return { log, calls, errors, follower }
}

const fail = () => {
  throw new Error('no space')
}

t.test(
  'publishers are called in order, with the whole image first, and the offset is reported last',
  async (t) => {
    const { log, calls, follower } = openFollower({}, {})
    follower.startAt(1)
    await settle()
    log.append(topic('T1', 'orders'))
    await settle()
    t.strictSame(calls, [
      'p1 1 first snapshot',
      'p2 1 first snapshot',
      'published 1',
      'p1 2',
      'p2 2',
      'published 2',
    ])
    await follower.close()
  },
)

t.test('a publisher sees one change at a time, and the delta leads from one image to the next', async (t) => {
  const gate = Promise.withResolvers<void>()
  const topics: unknown[] = []
  const { log, calls, follower } = openFollower({
    publish: (delta, image) => {
      topics.push([delta.topicsCreated.map(({ name }) => name), image.topics.size])
      return topics.length === 1 ? gate.promise : undefined
    },
  })
  follower.startAt(1)
  await settle()
  log.append(topic('T1', 'orders'))
  log.append(topic('T2', 'carts'))
  await settle()
  t.strictSame(calls, ['p1 1 first snapshot'], 'nothing is reported before the publisher has returned')
  gate.resolve()
  await settle()
  t.strictSame(topics, [
    [[], 0],
    [['orders'], 1],
    [['carts'], 2],
  ])
  await follower.close()
})

t.test('a publisher that fails on the first change stops the follower', async (t) => {
  const { log, calls, errors, follower } = openFollower({}, { publish: fail }, {})
  follower.startAt(1)
  await settle()
  t.match(errors, [
    {
      code: 'BROKER_PUBLISH_FAILED',
      message: "publisher 'p2' failed on the first metadata it was given: no space",
      details: { publisher: 'p2', offset: 1 },
      cause: { message: 'no space' },
    },
  ])
  log.append(topic('T1', 'orders'))
  await settle()
  t.strictSame(calls, ['p1 1 first snapshot', 'p2 1 first snapshot'])
  await follower.close()
})

t.test('a publisher that fails later is counted, and the others and the offset go on', async (t) => {
  let calls = 0
  const {
    log,
    calls: seen,
    errors,
    follower,
  } = openFollower({ publish: () => (++calls === 2 ? Promise.reject(new Error('no space')) : undefined) }, {})
  follower.startAt(1)
  await settle()
  log.append(topic('T1', 'orders'))
  await settle()
  t.equal(follower.failedPublishes, 1)
  t.strictSame(seen.slice(3), ['p1 2', 'p2 2', 'published 2'])
  log.append(topic('T2', 'carts'))
  await settle()
  t.equal(follower.failedPublishes, 1)
  t.strictSame(errors, [])
  await follower.close()
})

t.test('nothing is published before the store got to where the follower starts', async (t) => {
  const { log, calls, follower } = openFollower({})
  follower.startAt(3)
  log.append(topic('T1', 'orders'))
  await settle()
  t.strictSame(calls, [])
  log.append(topic('T2', 'carts'), topic('T3', 'users'))
  await settle()
  t.strictSame(calls, ['p1 4 first snapshot', 'published 4'])
  follower.startAt(1)
  await settle()
  t.equal(calls.length, 2, 'a follower starts once')
  await follower.close()
})

t.test('closing waits for the publisher at work, calls no more, and closes in reverse order', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { calls, follower } = openFollower({ publish: () => gate.promise }, { close: fail }, {})
  follower.startAt(1)
  await settle()
  const closing = follower.close()
  await settle()
  t.strictSame(calls, ['p1 1 first snapshot'])
  gate.resolve()
  await closing
  t.strictSame(calls.slice(1), ['p3 closed', 'p2 closed', 'p1 closed'])
})

t.test('a store that closes or breaks under the follower is a failure', async (t) => {
  for (const [end, message] of [
    [undefined, /was closed while the broker was open/],
    [new Error('the disk is gone'), /cannot be followed any more: the disk is gone/],
  ] as const) {
    const { log, errors, follower } = openFollower({})
    follower.startAt(1)
    await settle()
    log.end(end)
    await settle()
    t.match(errors, [{ code: 'BROKER_STORE_FAILED', message }])
    await follower.close()
  }
})
