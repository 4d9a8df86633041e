import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { LoadResult } from './cluster.ts'

/** What a peer measured, by proposals in flight. */
export type Results = ReadonlyMap<number, LoadResult>

/** How long each load of a peer takes, and its warm-up before that. */
export interface PeerLoad {
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** Builds the Go program of `name`, a folder of `benchmarks/peers`, into `directory`. @returns its path @throws with advice, if there is no Go */
export async function buildPeer(name: string, directory: string): Promise<string> {
  const binary = join(directory, name)
  const source = join(import.meta.dirname, '..', 'peers', name)
  try {
    await promisify(execFile)('go', ['build', '-o', binary, '.'], { cwd: source })
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const advice = missing ? 'install Go 1.26 or newer' : (cause as Error).message
    throw new Error(`the peer ${name} cannot be built: ${advice}`, { cause })
  }
  return binary
}

/** Starts a built peer. What it says on its standard error is shown. */
export function startPeer(
  binary: string,
  options: Readonly<Record<string, string | number>>,
): ChildProcessWithoutNullStreams {
  const args = Object.entries(options).map(([name, value]) => `-${name}=${value}`)
  const child = spawn(binary, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stderr.pipe(process.stderr)
  return child
}

/** Reads the results of three loads, one JSON object a line. */
export async function readResults(output: NodeJS.ReadableStream): Promise<Results> {
  const results = new Map<number, LoadResult>()
  for await (const line of createInterface(output)) {
    const { inFlight, ...result } = JSON.parse(line) as LoadResult & { inFlight: number }
    results.set(inFlight, result)
    if (results.size === 3) return results
  }
  // Who is not asked to measure prints nothing until it is killed.
  return new Promise(() => undefined)
}

/** As many addresses on this machine, each with a port that nobody listens on now. */
export function freeAddresses(count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, freeAddress))
}

async function freeAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}
