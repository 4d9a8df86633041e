/**
 * One node: `node raft-kv.ts --id 1 --directory data/1 [--format] --node 1=HOST:PORT,HOST:PORT --node 2=... --node 3=...`
 *
 * Each `--node` is a voter: where the others reach it, and where it serves HTTP.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createLog, openLog } from '@quorate/log'
import { openRaft, type RaftTuning } from '@quorate/raft'
import { rpcTransport } from '@quorate/raft/rpc'
import { rpcClient, serveRpc, systemClock, systemRandom } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import { httpApi } from './http-api.ts'
import { KeyValueMap } from './key-value-map.ts'

const { values } = parseArgs({
  options: {
    id: { type: 'string', default: '' },
    directory: { type: 'string', default: '' },
    node: { type: 'string', multiple: true, default: [] },
    format: { type: 'boolean', default: false },
    tuning: { type: 'string', default: '{}' },
  },
})
const id = Number(values.id)
const nodes = values.node.map((node) => node.split(/[=,]/))
const peers = new Map(nodes.map(([node, address = '']) => [Number(node), address]))
const http = new Map(nodes.map(([node, , address = '']) => [Number(node), address]))

// A voter never starts from nothing by itself: with its log gone it would vote again where it has voted.
const [path, directoryIdFile] = [join(values.directory, 'log'), join(values.directory, 'directory-id')]
if (values.format) {
  await createLog({ path })
  writeFileSync(directoryIdFile, randomUUID())
}

const transport = tcp()
const connect = (address: string) =>
  rpcClient({ transport, address, clock: systemClock, random: systemRandom })
const quorum = rpcTransport({ peers, connect })
const rpc = await serveRpc({ transport, address: peers.get(id) ?? '', handlers: [...quorum.handlers] })
const log = await openLog({ path })
const map = new KeyValueMap()
const raft = openRaft({
  id,
  directoryId: readFileSync(directoryIdFile, 'utf8'),
  clusterId: 'raft-kv',
  voters: [...peers.keys()],
  log,
  transport: quorum,
  stateMachine: map,
  ...(JSON.parse(values.tuning) as RaftTuning),
})
const server = createServer(httpApi(raft, map, http))
const [host, port] = (http.get(id) ?? '').split(':')
server.listen(Number(port), host, () => console.log(`node ${id} serves http://${host}:${port}`))

// A node whose disk failed does nothing any more. Nobody catches this, so that the process ends and says why.
void raft.failed.then((error) => Promise.reject(error))
process.once('SIGTERM', () => void stop())

async function stop(): Promise<void> {
  await raft.close() // Leadership is handed over first.
  server.close()
  for (const resource of [rpc, quorum, log]) await resource.close()
}
