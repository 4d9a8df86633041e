import assert from 'node:assert/strict'
import { echo, pattern, rejectsWith } from './harness.ts'
import type { Scenario } from './harness.ts'

/** The frame limit. */
export const limitScenarios: readonly Scenario[] = [
  {
    name: 'frames up to the limit arrive unharmed, several at a time',
    async run(harness) {
      const { maxFrameBytes } = harness.underTest
      const { connection } = await harness.pair(echo)
      const questions = [maxFrameBytes, maxFrameBytes - 1, 70_000, maxFrameBytes].map(pattern)
      const answers = await Promise.all(questions.map((question) => connection.request(question)))
      for (const [i, answer] of answers.entries()) assert.equal(Buffer.compare(answer, questions[i]!), 0)
    },
  },
  {
    name: 'a request over the limit is refused before anything is sent, and the connection stays',
    async run(harness) {
      let calls = 0
      const { connection } = await harness.pair(async (frame) => {
        calls++
        return frame
      })
      const tooLarge = new Uint8Array(harness.underTest.maxFrameBytes + 1)
      await rejectsWith('TRANSPORT_FRAME_TOO_LARGE', connection.request(tooLarge))
      await connection.request(new Uint8Array(1))
      assert.equal(calls, 1)
    },
  },
  {
    name: 'an answer over the limit closes the connection',
    async run(harness) {
      const { connection } = await harness.pair(
        async () => new Uint8Array(harness.underTest.maxFrameBytes + 1),
      )
      await rejectsWith('TRANSPORT_DISCONNECTED', connection.request(new Uint8Array(1)))
      assert.ok((await connection.closed) instanceof Error)
    },
  },
  {
    name: 'a listener closes the connection of a peer that sends a frame over its limit, and never shows it to the handler',
    needs: 'generous',
    async run(harness) {
      let calls = 0
      const listener = await harness.listen(async (frame) => {
        calls++
        return frame
      })
      const connection = await harness.connect(listener, harness.underTest.generous)
      const tooLarge = new Uint8Array(harness.underTest.maxFrameBytes + 1)
      await rejectsWith('TRANSPORT_DISCONNECTED', connection.request(tooLarge))
      assert.equal(calls, 0)
    },
  },
]
