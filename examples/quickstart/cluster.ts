import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatDirectory, randomId } from '@quorate/server'
import { freePorts } from './free-ports.ts'
import { startNode, type NodeProcess } from './node-process.ts'

/** Milliseconds a broker may be silent before it is fenced: less than the default of 9,000, so that nobody waits long. */
export const sessionTimeoutMs = 3000

const heartbeatIntervalMs = 500
const controllerIds: readonly number[] = [1, 2, 3]
const brokerIds: readonly number[] = [4, 5, 6]

/** One of the six nodes. */
interface Member {
  readonly id: number
  readonly role: 'controller' | 'broker'
  readonly address: string
}

/** Three controllers and three brokers, each a process with a directory of its own. */
export interface Cluster {
  readonly clusterId: string
  /** Holds the config files, the data directories and the output of the nodes. */
  readonly directory: string
  readonly members: readonly Member[]
  readonly controllers: readonly Member[]
  readonly brokers: readonly Member[]
  /** Starts the process of a node. @returns when the node does its part: a broker is unfenced then */
  start(id: number): Promise<void>
  /** The process of a node that was started last. */
  process(id: number): NodeProcess
  /** Kills what still runs and waits until it is gone. */
  killAll(): Promise<void>
  /** Removes the directory. */
  remove(): Promise<void>
}

/** Writes six config files and formats six data directories in a new temporary directory. Starts nothing. */
export async function createCluster(): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-'))
  const clusterId = randomId()
  const ids = [...controllerIds, ...brokerIds]
  const ports = await freePorts(ids.length)
  const members = ids.map((id, index): Member => {
    const role = controllerIds.includes(id) ? 'controller' : 'broker'
    return { id, role, address: `127.0.0.1:${ports[index]}` }
  })
  const controllers = members.filter(({ role }) => role === 'controller')
  const brokers = members.filter(({ role }) => role === 'broker')
  await Promise.all(
    members.map(async (member) => {
      const home = join(directory, `node-${member.id}`)
      await mkdir(home)
      await writeFile(join(home, 'node.yaml'), configText(member, clusterId, controllers))
      await formatDirectory({ directory: join(home, 'data'), clusterId, nodeId: member.id })
    }),
  )

  const processes = new Map<number, NodeProcess>()
  const processOf = (id: number): NodeProcess => {
    const known = processes.get(id)
    if (known === undefined) throw new Error(`node ${id} was never started`)
    return known
  }
  return {
    clusterId,
    directory,
    members,
    controllers,
    brokers,
    start(id) {
      const home = join(directory, `node-${id}`)
      processes.set(id, startNode(join(home, 'node.yaml'), join(home, 'node.log')))
      return processOf(id).ready
    },
    process: processOf,
    async killAll() {
      const running = [...processes.values()].filter((node) => node.running)
      for (const node of running) node.kill('SIGKILL')
      await Promise.all(running.map((node) => node.exited))
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

function configText(
  { id, role, address }: Member,
  clusterId: string,
  controllers: readonly Member[],
): string {
  const voters = controllers.map((voter) => `  - { id: ${voter.id}, address: "${voter.address}" }`)
  return `nodeId: ${id}
roles: [${role}]
clusterId: ${clusterId}
dataDirectory: data
listener:
  host: 127.0.0.1
  port: ${address.slice(address.lastIndexOf(':') + 1)}
controllers:
${voters.join('\n')}
# The default is 9000: a broker that dies is noticed sooner here, so that the demonstration stays short.
sessionTimeoutMs: ${sessionTimeoutMs}
heartbeatIntervalMs: ${heartbeatIntervalMs}
`
}
