import { systemClock } from '@quorate/transport'
import { activeController, patienceMs, type Story } from '../story.ts'
import { within } from '../within.ts'
import { startWriteProbe } from '../write-probe.ts'

/** What the death of the active controller cost. */
export interface Failover {
  readonly killedId: number
  /** Milliseconds from the kill to the next write that was committed. */
  readonly failoverMs: number
}

const commitsBefore = 20

/** Kills the active controller with SIGKILL while writes are committed one after the other. */
export async function killController(story: Story): Promise<Failover> {
  const { client, cluster, narrator, stop } = story
  const killedId = await activeController(story)
  const probe = startWriteProbe(client)
  let failoverMs: number
  try {
    let seen = 0
    await within(patienceMs, 'writes are committed', stop, () => probe.next(() => ++seen === commitsBefore))
    cluster.process(killedId).kill('SIGKILL')
    const killedAtMs = systemClock.now()
    narrator.say(`SIGKILL to controller ${killedId}, the active one, between two writes`)
    const next = await within(patienceMs, 'a write is committed by another controller', stop, () =>
      probe.next(({ controllerId }) => controllerId !== killedId),
    )
    failoverMs = next.atMs - killedAtMs
    const after = narrator.bold(`${failoverMs.toFixed(0)} ms`)
    narrator.say(`controller ${next.controllerId} committed the next write ${after} after the kill`)
  } finally {
    const commits = await probe.stop()
    const usualMs = commits.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b)[commits.length >> 1] ?? 0
    narrator.say(
      `${commits.length} writes were committed around it, ${usualMs.toFixed(1)} ms each in the median`,
    )
  }
  return { killedId, failoverMs }
}
