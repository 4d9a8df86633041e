import { openClusterClient, openObserver } from '@quorate/server'
import { systemClock, systemRandom } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import type { Cluster } from '../cluster.ts'
import type { Narrator } from '../narrator.ts'
import { activeController, patienceMs, type Story } from '../story.ts'
import { within } from '../within.ts'

/** Starts all six processes, waits until each does its part, and connects to them. */
export async function startCluster(cluster: Cluster, narrator: Narrator, stop: AbortSignal): Promise<Story> {
  const ports = { transport: tcp(), clock: systemClock, random: systemRandom }
  const ready = cluster.members.map(async ({ id, role, address }) => {
    const started = cluster.start(id)
    const { pid } = cluster.process(id)
    await started
    const state = role === 'controller' ? 'listens' : 'is registered and unfenced'
    narrator.say(`${role} ${id} ${state} (pid ${pid}, ${address})`)
  })
  await within(patienceMs, 'all six nodes are ready', stop, () => Promise.all(ready))
  const controllers = cluster.controllers.map(({ id, address }) => ({ id, address }))
  const client = await openClusterClient({
    ...ports,
    bootstrap: controllers.map(({ address }) => address),
    // The failover is measured with this client: it must not sleep while a new controller is elected.
    maxBackoffMs: 20,
    signal: stop,
  })
  const observer = await openObserver({ ...ports, clusterId: cluster.clusterId, controllers })
  const story = { cluster, client, observer, narrator, stop }
  const activeId = await activeController(story)
  narrator.say(`controller ${narrator.bold(String(activeId))} was elected and is active`)
  return story
}
