import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { RaftStatus, RaftTuning } from '@quorate/raft'

const program = join(import.meta.dirname, 'src', 'raft-kv.ts')

/** Where a node listens: to the other nodes, and to clients. As `host:port`. */
export interface NodeAddresses {
  readonly raft: string
  readonly http: string
}

/** How to run a node. */
export interface NodeOptions {
  readonly id: number
  /** Of all nodes, this one among them, as this one is to know them. */
  readonly addresses: ReadonlyMap<number, NodeAddresses>
  /** Takes the node's data and what it prints. */
  readonly directory: string
  readonly tuning?: RaftTuning
}

/** A node as an operating system process, which can be started again after it ended. */
export class NodeProcess implements AsyncDisposable {
  readonly id: number
  readonly http: string
  readonly #options: NodeOptions
  #child: ChildProcess | undefined
  #isFormatted = false

  constructor(options: NodeOptions) {
    this.id = options.id
    this.http = options.addresses.get(options.id)!.http
    this.#options = options
  }

  /** Resolves when it serves HTTP; it may have found no leader yet. */
  async start(): Promise<void> {
    const { id, addresses, directory, tuning = {} } = this.#options
    mkdirSync(directory, { recursive: true })
    const outputPath = join(directory, 'output')
    const output = openSync(outputPath, 'a')
    const options = [...addresses].map(([node, { raft, http }]) => `--node=${node}=${raft},${http}`)
    if (!this.#isFormatted) options.push('--format')
    const child = spawn(
      process.execPath,
      [program, `--id=${id}`, `--directory=${directory}`, ...options, `--tuning=${JSON.stringify(tuning)}`],
      // Without what a test runner loads into every process.
      { stdio: ['ignore', 'pipe', output], env: { ...process.env, NODE_OPTIONS: '' } },
    )
    closeSync(output)
    this.#child = child
    const ended = once(child, 'exit').then(() => 'ended')
    if ((await Promise.race([once(child.stdout!, 'data'), ended])) === 'ended') {
      throw new Error(`node ${id} did not start: ${readFileSync(outputPath, 'utf8').slice(-1_000)}`)
    }
    this.#isFormatted = true
  }

  /** Sends `signal`, and for one that ends the process waits until it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return void child.kill(signal)
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  /** What the node says of itself. @throws if it does not answer within `timeoutMs` */
  async status(timeoutMs = 1_000): Promise<RaftStatus> {
    const response = await fetch(`http://${this.http}/status`, { signal: AbortSignal.timeout(timeoutMs) })
    return (await response.json()) as RaftStatus
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill('SIGKILL')
  }
}

/** Addresses on 127.0.0.1 for `ids`, at ports that nobody listens at. */
export async function freeAddresses(ids: readonly number[]): Promise<ReadonlyMap<number, NodeAddresses>> {
  const address = async (): Promise<string> => `127.0.0.1:${await freePort()}`
  return new Map(
    await Promise.all(ids.map(async (id) => [id, { raft: await address(), http: await address() }] as const)),
  )
}

/** Below the ports that the system gives to whoever connects: nobody gets it while its node is down. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_000)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ])
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

/** `count` nodes with their data below `directory`, none of them started. */
export async function makeNodes(
  count: number,
  directory: string,
  tuning: RaftTuning = {},
): Promise<readonly NodeProcess[]> {
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  const addresses = await freeAddresses(ids)
  return ids.map((id) => new NodeProcess({ id, addresses, directory: join(directory, `node-${id}`), tuning }))
}

/** The node that leads in the highest epoch anyone speaks of, once there is one. */
export async function findLeader(nodes: readonly NodeProcess[]): Promise<NodeProcess> {
  for (;;) {
    const statuses = await Promise.all(
      nodes.map(async (node) => ({ node, status: await node.status().catch(() => undefined) })),
    )
    const leading = statuses.filter(({ status }) => status?.role === 'leader')
    const [newest] = leading.toSorted((a, b) => b.status!.epoch - a.status!.epoch)
    if (newest !== undefined) return newest.node
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
