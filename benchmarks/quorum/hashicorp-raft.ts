import { join } from 'node:path'
import { freeAddresses, readResults, startPeer, type PeerLoad, type Results } from './go-peer.ts'

/** Runs three voters of the built program as three processes. @returns what the leader measured, proposing to itself */
export async function measureHashicorpRaft(
  binary: string,
  directory: string,
  { seconds, warmUpSeconds }: PeerLoad,
): Promise<Results> {
  const addresses = (await freeAddresses(3)).join(',')
  const children = [0, 1, 2].map((index) =>
    startPeer(binary, {
      index,
      directory: join(directory, String(index)),
      addresses,
      seconds,
      'warm-up': warmUpSeconds,
    }),
  )
  try {
    return await Promise.race(children.map((child) => readResults(child.stdout)))
  } finally {
    for (const child of children) child.kill('SIGKILL')
  }
}
