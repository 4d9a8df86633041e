import { setTimeout as delay } from 'node:timers/promises'
import { type Expected, KeyValueClient, type Outcome } from '@quorate/example-raft-kv/client'
import { type Random, seededRandom } from '../random.ts'
import { onceKeyPrefix, type Operation } from './history.ts'

/** Who calls, and for how long. */
export interface ClientsOptions {
  readonly addresses: readonly string[]
  readonly keys: number
  /** Each has one call under way at a time. At most five: more would only make the check slow. */
  readonly clientsPerKey: number
  readonly random: Random
  readonly signal: AbortSignal
}

/** What a client knows of its key: the newest value it saw. */
interface Known {
  expected: Expected
}

/** Clients that read and change keys until the signal aborts. @returns everything they did, by time of return */
export async function runClients(options: ClientsOptions): Promise<readonly Operation[]> {
  const history: Operation[] = []
  const clients = Array.from({ length: options.keys * options.clientsPerKey }, (_, index) =>
    runClient(index, seededRandom(options.random.seed()), options, history),
  )
  await Promise.all(clients)
  return history
}

async function runClient(
  index: number,
  random: Random,
  { addresses, keys, signal }: ClientsOptions,
  history: Operation[],
): Promise<void> {
  const writer = new KeyValueClient({ addresses })
  // Every node serves reads, so the readers begin at different ones.
  const first = index % addresses.length
  const reader = new KeyValueClient({ addresses: [...addresses.slice(first), ...addresses.slice(0, first)] })
  const key = `key-${index % keys}`
  const known: Known = { expected: null }
  for (let turn = 0; !signal.aborted; turn += 1) {
    const unique = `${index}-${turn}`
    const kind = random.between(1, 100)
    if (kind <= 40) await note({ key, type: 'read' }, () => reader.get(key))
    else if (kind <= 65) await note({ key, type: 'write', written: unique }, () => writer.put(key, unique))
    else if (kind <= 70) await note({ key, type: 'delete' }, () => writer.delete(key))
    else if (kind <= 85) await compareAndSet(unique)
    else await writeOnce(`${onceKeyPrefix}${unique}`, unique)
    await delay(random.between(0, 10))
  }
  writer.close()
  reader.close()

  async function compareAndSet(written: string): Promise<void> {
    const { expected } = known
    await note({ key, type: 'compare-and-set', written, expected }, () => writer.put(key, written, expected))
  }

  async function writeOnce(onceKey: string, written: string): Promise<void> {
    await note({ key: onceKey, type: 'write', written }, () => writer.put(onceKey, written))
  }

  async function note(
    operation: Pick<Operation, 'key' | 'type' | 'written' | 'expected'>,
    call: () => Promise<Outcome>,
  ): Promise<void> {
    const invokedMs = performance.now()
    const outcome = await call()
    const noted = noteOf(operation, invokedMs, outcome)
    history.push(noted)
    if (noted.key === key && noted.outcome === 'done')
      known.expected = noted.type === 'delete' ? null : (noted.revision ?? null)
  }
}

/** What is kept of a call that has just returned. */
function noteOf(
  operation: Pick<Operation, 'key' | 'type' | 'written' | 'expected'>,
  invokedMs: number,
  outcome: Outcome,
): Operation {
  const noted = { ...operation, invokedMs, outcome: outcome.is }
  if (outcome.is === 'unknown') return noted
  const returned = { ...noted, returnedMs: performance.now() }
  if (outcome.is === 'refused' || outcome.revision === undefined) return returned
  const read = operation.type === 'read' && outcome.is === 'done' ? { read: outcome.value ?? '' } : {}
  return { ...returned, ...read, revision: outcome.revision }
}
