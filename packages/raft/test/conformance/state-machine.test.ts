import type { Batch } from '@quorate/log'
import t from 'tap'
import { stateMachineConformance } from '../../src/conformance/index.ts'
import { isControlBatch, type StateMachine } from '../../src/index.ts'

const proposals = ['a=1', 'b=2', 'a=3', 'c=4', 'b=', 'd=5'].map((text) => ({
  payload: new TextEncoder().encode(text),
  count: text.length - 2,
}))

/** Some registers, each write of which is a text such as `a=1`. `change` makes it wrong. */
function registers(change: (registers: Registers) => Partial<StateMachine> = () => ({})) {
  const machine = new Registers()
  const stateMachine: StateMachine = {
    apply: (batches) => machine.apply(batches),
    leadership: () => undefined,
    snapshot: () => machine.snapshot(),
    load: (contents) => machine.load(contents),
    ...change(machine),
  }
  return { stateMachine, state: () => ({ values: machine.values, offset: machine.offset }) }
}

class Registers {
  values: Record<string, string> = {}
  offset = 0

  apply(batches: readonly Batch[]): void {
    for (const batch of batches) {
      this.offset = batch.baseOffset + batch.count
      if (!isControlBatch(batch)) this.write(new TextDecoder().decode(batch.payload))
    }
  }

  write(text: string): void {
    const [name = '', value = ''] = text.split('=')
    this.values = { ...this.values, [name]: value }
  }

  snapshot(): Uint8Array[] {
    const sorted = Object.entries(this.values).toSorted(([a], [b]) => (a < b ? -1 : 1))
    return [new TextEncoder().encode(JSON.stringify([this.offset, sorted]))]
  }

  async load(contents: AsyncIterable<Uint8Array>): Promise<void> {
    const pieces = []
    for await (const piece of contents) pieces.push(piece)
    const [offset, entries] = JSON.parse(Buffer.concat(pieces).toString()) as [number, [string, string][]]
    this.offset = offset
    this.values = Object.fromEntries(entries)
  }
}

t.test('registers are a state machine', async (t) => {
  await stateMachineConformance({
    test: (name, run) => t.test(name, run),
    create: () => registers(),
    proposals,
  })
})

/** Names of the scenarios that fail. */
async function failing(create: () => ReturnType<typeof registers>): Promise<string[]> {
  const tests: { name: string; run: () => Promise<void> }[] = []
  await stateMachineConformance({ test: (name, run) => tests.push({ name, run }), create, proposals })
  const failed: string[] = []
  for (const { name, run } of tests) await run().catch(() => failed.push(name))
  return failed
}

t.test('state machines that are none are found out', async (t) => {
  const broken: Record<string, (registers: Registers) => Partial<StateMachine>> = {
    'the same log gives the same state, in as many calls as you like': (machine) => ({
      apply: (batches) => machine.apply(batches.slice(-1)),
    }),
    'apply and leadership are synchronous': (machine) => ({
      apply: (batches) => Promise.resolve(machine.apply(batches)) as never,
    }),
    'who leads is no part of the state': (machine) => ({
      leadership: ({ epoch }) => machine.write(`leader=${epoch}`),
    }),
    'the batches it is given stay as they are': (machine) => ({
      apply: (batches) => {
        machine.apply(batches)
        for (const { payload } of batches) payload[0] = 122
      },
    }),
    'a snapshot brings the state to another, in pieces of any size': (machine) => ({
      load: async (contents) => {
        for await (const piece of contents) await machine.load(ReadableStream.from([piece]))
      },
    }),
    'after a snapshot the log goes on as if it had been applied from the start': (machine) => ({
      load: async (contents) => {
        await machine.load(contents)
        delete machine.values['a']
      },
    }),
    'a snapshot takes the place of what was there': (machine) => ({
      load: async (contents) => {
        const before = machine.values
        await machine.load(contents)
        machine.values = { ...machine.values, ...before }
      },
    }),
    'what is applied while a snapshot is taken does not show in it': (machine) => ({
      *snapshot() {
        yield* machine.snapshot()
      },
    }),
    'the same state gives the same bytes': (machine) => ({
      snapshot: () => {
        const [bytes = new Uint8Array()] = machine.snapshot()
        return [bytes, new TextEncoder().encode(' '.repeat(Math.floor(Math.random() * 1_000)))]
      },
    }),
  }
  t.same(await failing(() => registers()), [])
  for (const [name, change] of Object.entries(broken)) {
    t.ok((await failing(() => registers(change))).includes(name), name)
  }
})

t.test('a state machine without snapshots is not asked for them', async (t) => {
  const plain = () => registers(() => ({ snapshot: undefined, load: undefined }) as never)
  t.same(await failing(plain), [])
})
