import assert from 'node:assert/strict'
import { contents, rejects, scenario } from './fixture.ts'
import type { Scenario } from './fixture.ts'

const payload = Buffer.from('x')

/** Promises of `append`. */
export const appending: readonly Scenario[] = [
  scenario('a new log is empty and starts at offset 0', async (log) => {
    assert.equal(log.startOffset, 0)
    assert.equal(log.endOffset, 0)
    assert.deepEqual(log.epochs, [])
    assert.equal(log.hardState, undefined)
    assert.deepEqual(await log.read(0), [])
  }),

  scenario('append resolves with the base offset of each batch', async (log) => {
    assert.deepEqual(await log.append([{ payload, count: 3 }, { payload }]), [0, 3])
    assert.deepEqual(await log.append([{ payload }]), [4])
    assert.equal(log.endOffset, 5)
  }),

  scenario('appends get their offsets in call order, however many are under way', async (log) => {
    const payloads = Array.from({ length: 200 }, (_, index) => String(index))
    const offsets = await Promise.all(payloads.map((text) => log.append([{ payload: Buffer.from(text) }])))
    assert.deepEqual(
      offsets.flat(),
      payloads.map((_, index) => index),
    )
    assert.deepEqual(await contents(log), payloads)
  }),

  scenario('an append of nothing resolves with nothing', async (log) => {
    assert.deepEqual(await log.append([]), [])
    assert.equal(log.endOffset, 0)
  }),

  scenario('an empty payload is a payload', async (log) => {
    await log.append([{ payload: new Uint8Array() }])
    const [stored] = await log.read(0)
    assert.equal(stored?.payload.byteLength, 0)
    assert.equal(log.endOffset, 1)
  }),

  scenario('every field of a batch comes back as it was given', async (log) => {
    await log.append([
      { payload, count: 7, epoch: 4_294_967_295, attributes: 65_535, timestampMs: 2 ** 53 - 1 },
    ])
    const [stored] = await log.read(0)
    assert.deepEqual(
      { ...stored, payload: Buffer.from(stored?.payload ?? []).toString() },
      {
        baseOffset: 0,
        count: 7,
        epoch: 4_294_967_295,
        attributes: 65_535,
        timestampMs: 2 ** 53 - 1,
        payload: 'x',
      },
    )
  }),

  scenario('a batch without an epoch gets the last one of the log', async (log) => {
    await log.append([{ payload }])
    await log.append([{ payload, epoch: 5 }, { payload }])
    await log.append([{ payload }])
    assert.deepEqual(
      (await log.read(0)).map(({ epoch }) => epoch),
      [0, 5, 5, 5],
    )
  }),

  scenario('an epoch that goes back is refused, and what follows is not', async (log) => {
    await log.append([{ payload, epoch: 5 }])
    const refused = log.append([{ payload }, { payload, epoch: 4 }])
    const following = log.append([{ payload }])
    await rejects(refused, 'LOG_BATCH_INVALID')
    assert.deepEqual(await following, [1])
  }),

  scenario('a field that is out of range is refused', async (log) => {
    for (const wrong of [
      { count: 0 },
      { count: 1.5 },
      { epoch: -1 },
      { attributes: 65_536 },
      { timestampMs: 0.5 },
    ])
      await rejects(log.append([{ payload, ...wrong }]), 'LOG_BATCH_INVALID')
    assert.equal(log.endOffset, 0)
  }),

  scenario(
    'a batch above the limit is refused with all that came with it',
    async (log) => {
      await rejects(log.append([{ payload }, { payload: new Uint8Array(11) }]), 'LOG_BATCH_TOO_LARGE')
      assert.deepEqual(await log.append([{ payload: new Uint8Array(10) }]), [0])
    },
    { maxBatchBytes: 10 },
  ),

  scenario(
    'a full queue refuses, and accepts again once it has room',
    async (log) => {
      const first = log.append([{ payload: new Uint8Array(600) }])
      await rejects(log.append([{ payload: new Uint8Array(600) }]), 'LOG_QUEUE_FULL')
      await first
      assert.deepEqual(await log.append([{ payload: new Uint8Array(600) }]), [1])
    },
    { maxQueueBytes: 1000 },
  ),

  scenario('an aborted append rejects with the reason and writes nothing', async (log) => {
    const controller = new AbortController()
    const aborted = log.append([{ payload }], { signal: controller.signal })
    const following = log.append([{ payload }])
    const reason = new Error('not needed any more')
    controller.abort(reason)
    await assert.rejects(aborted, reason)
    assert.deepEqual(await following, [0])
    await assert.rejects(log.append([{ payload }], { signal: controller.signal }), reason)
    assert.equal(log.endOffset, 1)
  }),

  scenario('an abort after the append resolved changes nothing', async (log) => {
    const controller = new AbortController()
    await log.append([{ payload }], { signal: controller.signal })
    controller.abort()
    assert.deepEqual(await contents(log), ['x'])
  }),
]
