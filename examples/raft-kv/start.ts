// Three nodes on this machine, until Ctrl-C.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findLeader, makeNodes } from './cluster.ts'

const directory = mkdtempSync(join(tmpdir(), 'raft-kv-'))
const nodes = await makeNodes(3, directory)
await Promise.all(nodes.map((node) => node.start()))
const leader = await findLeader(nodes)
const follower = nodes.find((node) => node !== leader)!

console.log(`Three nodes run, node ${leader.id} leads. Their data is in ${directory} until they stop. Try

  curl -iL -X PUT -d red http://${follower.http}/keys/colour         a follower sends you to the leader
  curl -i http://${follower.http}/keys/colour                        any node reads what is newest
  curl -iL -X PUT -d blue -H 'If-None-Match: *' http://${leader.http}/keys/colour
  curl -X POST http://${leader.http}/transfer                        another node leads now
  curl http://${follower.http}/status

Ctrl-C stops them.`)

process.once('SIGINT', () => {
  void Promise.all(nodes.map((node) => node.kill('SIGTERM'))).then(() =>
    rmSync(directory, { recursive: true }),
  )
})
