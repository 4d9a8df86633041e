import { once } from 'node:events'
import { join } from 'node:path'
import { freeAddresses, readResults, startPeer, type PeerLoad, type Results } from './go-peer.ts'

/** Runs three members of the built program, and its client as a fourth process. @returns what the client measured */
export async function measureEtcd(
  binary: string,
  directory: string,
  { seconds, warmUpSeconds }: PeerLoad,
): Promise<Results> {
  const clients = (await freeAddresses(3)).join(',')
  const peers = (await freeAddresses(3)).join(',')
  const members = [0, 1, 2].map((index) =>
    startPeer(binary, { index, directory: join(directory, String(index)), clients, peers }),
  )
  try {
    // The first line says that the member takes requests.
    await Promise.all(members.map((member) => once(member.stdout, 'data')))
    return await readResults(startPeer(binary, { clients, seconds, 'warm-up': warmUpSeconds }).stdout)
  } finally {
    for (const member of members) member.kill('SIGKILL')
  }
}
