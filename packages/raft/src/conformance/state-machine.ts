import assert from 'node:assert/strict'
import { type Batch, BatchAttribute, nextOffset, type SnapshotId } from '@quorate/log'
import type { StateMachine } from '../ports.ts'

/** A state machine, new and empty, and a way to compare it with another. */
export interface StateMachineUnderTest {
  readonly stateMachine: StateMachine
  /** Everything of its state that must be the same on every node, as plain data. */
  readonly state: () => unknown
}

/** What {@link stateMachineConformance} needs. */
export interface StateMachineConformanceOptions {
  /** Registers a test with the runner. It fails if the function rejects. */
  readonly test: (name: string, run: () => Promise<void>) => unknown
  /** A new state machine; called several times a scenario. */
  readonly create: () => StateMachineUnderTest | Promise<StateMachineUnderTest>
  /** Payloads that may be proposed, in this order, with the number of records in each. At least three that change the state. */
  readonly proposals: readonly { readonly payload: Uint8Array; readonly count?: number }[]
}

type Make = StateMachineConformanceOptions['create']

interface Scenario {
  readonly name: string
  readonly needsSnapshots?: boolean
  run(create: Make, batches: readonly Batch[]): Promise<void>
}

const controlPayload = new TextEncoder().encode('{"type":"leader-change"}')

/** A log of these proposals, as two leaders would have written it: each began with a batch of its own. */
function logOf(proposals: StateMachineConformanceOptions['proposals']): Batch[] {
  const half = Math.ceil(proposals.length / 2)
  const batches: Batch[] = []
  const append = (epoch: number, attributes: number, payload: Uint8Array, count = 1): void => {
    const baseOffset = batches.length === 0 ? 0 : nextOffset(batches.at(-1) as Batch)
    const timestampMs = 1_700_000_000_000 + baseOffset
    batches.push({ baseOffset, count, epoch, attributes, timestampMs, payload })
  }
  for (const [index, { payload, count }] of proposals.entries()) {
    if (index % half === 0) append(1 + index / half, BatchAttribute.control, controlPayload)
    // Copied, so that a state machine that writes to it spoils nothing but its own test.
    append(1 + Math.floor(index / half), 0, payload.slice(), count)
  }
  return batches
}

/** A new state machine that was given all of `batches`, `size` in a call. */
async function grown(create: Make, batches: readonly Batch[], size: number): Promise<StateMachineUnderTest> {
  const grown = await create()
  for (let at = 0; at < batches.length; at += size) grown.stateMachine.apply(batches.slice(at, at + size))
  return grown
}

/** The pieces of a snapshot. Each is copied, since whoever makes them may use its buffer again. */
async function takeSnapshot(stateMachine: StateMachine): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = []
  for await (const piece of stateMachine.snapshot?.() ?? []) pieces.push(piece.slice())
  return pieces
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

function idAfter(batches: readonly Batch[]): SnapshotId {
  const last = batches.at(-1) as Batch
  return { endOffset: nextOffset(last), epoch: last.epoch }
}

/** A new state machine with the snapshot of one that was given `batches`. */
async function restored(create: Make, batches: readonly Batch[], size = 7): Promise<StateMachineUnderTest> {
  const { stateMachine } = await grown(create, batches, 1)
  const bytes = Buffer.concat(await takeSnapshot(stateMachine))
  const target = await create()
  await target.stateMachine.load?.(inPieces(bytes, size), idAfter(batches))
  return target
}

const scenarios: readonly Scenario[] = [
  {
    name: 'the proposals change the state, so that the other tests say something',
    async run(create, batches) {
      const empty = await create()
      const full = await grown(create, batches, 1)
      assert.notDeepEqual(full.state(), empty.state())
    },
  },
  {
    name: 'the same log gives the same state, in as many calls as you like',
    async run(create, batches) {
      const one = await grown(create, batches, 1)
      for (const size of [1, 2, 3, batches.length]) {
        assert.deepEqual((await grown(create, batches, size)).state(), one.state(), `${size} in a call`)
      }
    },
  },
  {
    name: 'apply and leadership are synchronous',
    async run(create, batches) {
      const { stateMachine } = await create()
      assert.equal(stateMachine.apply(batches), undefined)
      assert.equal(stateMachine.leadership({ epoch: 1, leaderId: 1 }), undefined)
    },
  },
  {
    name: 'who leads is no part of the state',
    async run(create, batches) {
      const plain = await grown(create, batches, 1)
      const told = await create()
      told.stateMachine.leadership({ epoch: 0, leaderId: undefined })
      for (const batch of batches) {
        told.stateMachine.apply([batch])
        told.stateMachine.leadership({ epoch: batch.epoch, leaderId: batch.baseOffset % 2 })
      }
      assert.deepEqual(told.state(), plain.state())
    },
  },
  {
    name: 'the batches it is given stay as they are',
    async run(create, batches) {
      const before = batches.map((batch) => ({ ...batch, payload: [...batch.payload] }))
      await grown(create, batches, 2)
      assert.deepEqual(
        batches.map((batch) => ({ ...batch, payload: [...batch.payload] })),
        before,
      )
    },
  },
  {
    name: 'a snapshot brings the state to another, in pieces of any size',
    needsSnapshots: true,
    async run(create, batches) {
      const original = await grown(create, batches, 1)
      for (const size of [1, 7, 1_000_000]) {
        const copy = await restored(create, batches, size)
        assert.deepEqual(copy.state(), original.state(), `pieces of ${size} bytes`)
      }
    },
  },
  {
    name: 'after a snapshot the log goes on as if it had been applied from the start',
    needsSnapshots: true,
    async run(create, batches) {
      const whole = await grown(create, batches, 1)
      for (let at = 1; at < batches.length; at += 1) {
        const copy = await restored(create, batches.slice(0, at))
        copy.stateMachine.apply(batches.slice(at))
        assert.deepEqual(copy.state(), whole.state(), `a snapshot after ${at} batches`)
      }
    },
  },
  {
    name: 'a snapshot takes the place of what was there',
    needsSnapshots: true,
    async run(create, batches) {
      const first = batches.slice(0, 2)
      const bytes = Buffer.concat(await takeSnapshot((await grown(create, batches, 1)).stateMachine))
      const target = await grown(create, first, 1)
      await target.stateMachine.load?.(inPieces(bytes, 64), idAfter(batches))
      assert.deepEqual(target.state(), (await grown(create, batches, 1)).state())
    },
  },
  {
    name: 'what is applied while a snapshot is taken does not show in it',
    needsSnapshots: true,
    async run(create, batches) {
      const first = batches.slice(0, Math.ceil(batches.length / 2))
      const source = await grown(create, first, 1)
      const pieces = source.stateMachine.snapshot?.() ?? []
      source.stateMachine.apply(batches.slice(first.length))
      const taken: Uint8Array[] = []
      for await (const piece of pieces) taken.push(piece.slice())
      const target = await create()
      await target.stateMachine.load?.(inPieces(Buffer.concat(taken), 64), idAfter(first))
      assert.deepEqual(target.state(), (await grown(create, first, 1)).state())
    },
  },
  {
    name: 'the same state gives the same bytes',
    needsSnapshots: true,
    async run(create, batches) {
      const one = Buffer.concat(await takeSnapshot((await grown(create, batches, 1)).stateMachine))
      const other = Buffer.concat(await takeSnapshot((await restored(create, batches)).stateMachine))
      assert.ok(one.equals(other))
    },
  },
]

/**
 * Registers one test for each rule of `StateMachine`; those about snapshots only if it makes them.
 *
 * A fold that looks at the clock, at chance or at who leads fails them, and so does one that depends on how batches come.
 */
export async function stateMachineConformance({
  test,
  create,
  proposals,
}: StateMachineConformanceOptions): Promise<void> {
  const { stateMachine } = await create()
  const makesSnapshots = stateMachine.snapshot !== undefined || stateMachine.load !== undefined
  for (const scenario of scenarios) {
    if (scenario.needsSnapshots && !makesSnapshots) continue
    test(scenario.name, () => scenario.run(create, logOf(proposals)))
  }
}
