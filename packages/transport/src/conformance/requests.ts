import assert from 'node:assert/strict'
import { echo, pattern } from './harness.ts'
import type { Scenario } from './harness.ts'

/** Frames there and back. */
export const requestScenarios: readonly Scenario[] = [
  {
    name: 'a request gets the answer of the handler',
    async run(harness) {
      const { connection } = await harness.pair(async (frame) => frame.toReversed())
      const answer = await connection.request(Uint8Array.of(1, 2, 3))
      assert.deepEqual([...answer], [3, 2, 1])
    },
  },
  {
    name: 'an empty frame is a frame, either way',
    async run(harness) {
      const { connection } = await harness.pair(async (frame) => {
        assert.equal(frame.byteLength, 0)
        return new Uint8Array(0)
      })
      const answer = await connection.request(new Uint8Array(0))
      assert.equal(answer.byteLength, 0)
    },
  },
  {
    name: 'frames are plain Uint8Arrays on both sides',
    async run(harness) {
      const { connection } = await harness.pair(async (frame) => {
        assert.ok(isPlain(frame), 'the handler gets a plain Uint8Array')
        return Buffer.from('answer')
      })
      const answer = await connection.request(Buffer.from('question'))
      assert.ok(isPlain(answer), 'the caller gets a plain Uint8Array')
    },
  },
  {
    name: 'answers overtake each other',
    async run(harness) {
      const gate = Promise.withResolvers<void>()
      const { connection } = await harness.pair(async (frame) => {
        if (frame[0] === 1) await gate.promise
        return frame
      })
      const slow = connection.request(Uint8Array.of(1))
      const quick = await connection.request(Uint8Array.of(2))
      gate.resolve()
      assert.deepEqual([...quick, ...(await slow)], [2, 1])
    },
  },
  {
    name: '1,000 requests at once each get their own answer',
    async run(harness) {
      const { connection } = await harness.pair(echo)
      const questions = Array.from({ length: 1_000 }, (_, i) => pattern(1 + (i % 97), i))
      const answers = await Promise.all(questions.map((question) => connection.request(question)))
      for (const [i, answer] of answers.entries()) assert.deepEqual([...answer], [...questions[i]!])
    },
  },
  {
    name: 'connections to one listener do not get each other’s answers',
    async run(harness) {
      const listener = await harness.listen(echo)
      const connections = await Promise.all(Array.from({ length: 10 }, () => harness.connect(listener)))
      const answers = await Promise.all(
        connections.map((connection, i) => connection.request(Uint8Array.of(i))),
      )
      assert.deepEqual(
        answers.map((answer) => answer[0]),
        [...connections.keys()],
      )
    },
  },
  {
    name: 'what the caller does to its buffer after the answer does not reach what the handler kept',
    async run(harness) {
      const { maxFrameBytes } = harness.underTest
      for (const length of [10, maxFrameBytes]) {
        const kept: Uint8Array[] = []
        const { connection } = await harness.pair(async (frame) => {
          kept.push(frame)
          return Uint8Array.of(1)
        })
        const buffer = pattern(length)
        await connection.request(buffer)
        buffer.fill(0)
        await connection.request(buffer.subarray(0, 1))
        assert.deepEqual(Buffer.compare(kept[0]!, pattern(length)), 0)
      }
    },
  },
  {
    name: 'a handler is told where the request came from',
    async run(harness) {
      const { connection } = await harness.pair(async (_, { remoteAddress }) => Buffer.from(remoteAddress))
      const answer = await connection.request(new Uint8Array(1))
      assert.ok(answer.byteLength > 0)
    },
  },
]

function isPlain(frame: Uint8Array): boolean {
  return Object.getPrototypeOf(frame) === Uint8Array.prototype
}
