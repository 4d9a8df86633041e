import { execFile, spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { LoadResult } from './cluster.ts'

const source = join(import.meta.dirname, '..', 'peers', 'hashicorp-raft')

/** Builds the Go program into `directory`. @returns its path @throws with advice, if there is no Go */
export async function buildPeer(directory: string): Promise<string> {
  const binary = join(directory, 'hashicorp-raft')
  try {
    await promisify(execFile)('go', ['build', '-o', binary, '.'], { cwd: source })
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const advice = missing ? 'install Go 1.25 or newer' : (cause as Error).message
    throw new Error(`the peer, hashicorp/raft, cannot be built: ${advice}`, { cause })
  }
  return binary
}

/** Runs three voters as three processes. @returns what the leader measured, by proposals in flight */
export async function measurePeer(
  binary: string,
  directory: string,
  seconds: number,
): Promise<ReadonlyMap<number, LoadResult>> {
  const addresses = await Promise.all([1, 2, 3].map(freeAddress))
  const children = addresses.map((_address, index) =>
    spawn(
      binary,
      [
        `-index=${index}`,
        `-directory=${join(directory, String(index))}`,
        `-addresses=${addresses.join(',')}`,
        `-seconds=${seconds}`,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    ),
  )
  try {
    return await Promise.race(children.map((child) => readResults(child.stdout)))
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}

async function readResults(output: NodeJS.ReadableStream): Promise<ReadonlyMap<number, LoadResult>> {
  const results = new Map<number, LoadResult>()
  for await (const line of createInterface(output)) {
    const { inFlight, ...result } = JSON.parse(line) as LoadResult & { inFlight: number }
    results.set(inFlight, result)
    if (results.size === 3) return results
  }
  // A follower prints nothing until it is killed.
  return new Promise(() => undefined)
}

async function freeAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `127.0.0.1:${port}`
}
