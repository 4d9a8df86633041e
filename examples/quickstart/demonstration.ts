import { renderTable, type WantedTopic } from '@quorate/server'
import type { Cluster } from './cluster.ts'
import type { Narrator } from './narrator.ts'
import type { Options } from './options.ts'
import { bringBack } from './steps/bring-back.ts'
import { compareImages } from './steps/compare-images.ts'
import { createAllTopics } from './steps/create-topics.ts'
import { killBroker } from './steps/kill-broker.ts'
import { killController } from './steps/kill-controller.ts'
import { startCluster } from './steps/start-cluster.ts'
import { stopBroker } from './steps/stop-broker.ts'
import { timed, type Story } from './story.ts'

/** What happened, and how many milliseconds it took. */
type Timing = readonly [what: string, tookMs: number]

/** Tells the whole story on a formatted cluster. @throws Error that says which step did not hold */
export async function demonstrate(
  cluster: Cluster,
  topics: readonly WantedTopic[],
  options: Options,
  narrator: Narrator,
  stop: AbortSignal,
): Promise<void> {
  const timings: Timing[] = []
  let story: Story | undefined
  try {
    narrator.chapter('Start three controllers and three brokers, six processes')
    const startedMs = await timed(async () => (story = await startCluster(cluster, narrator, stop)))
    timings.push(['six processes started, a controller elected, three brokers unfenced', startedMs])
    if (story === undefined) throw new Error('the cluster did not start')

    narrator.chapter('Create the topics')
    const created = story
    timings.push([`${topics.length} topics created`, await timed(() => createAllTopics(created, topics))])

    const failoversMs: number[] = []
    for (let round = 1; round <= options.rounds; round++) {
      const { failoverMs, roundTimings } = await killSequence(story)
      failoversMs.push(failoverMs)
      if (round === 1) timings.push(...roundTimings)
      if (options.rounds > 1) {
        narrator.note(
          `round ${round} of ${options.rounds}: failover ${failoverMs.toFixed(0)} ms, all six images equal`,
        )
      }
    }
    narrator.note(`\n${timingTable(timings)}`)
    if (options.rounds > 1) narrator.note(failoverSummary(failoversMs))
  } finally {
    await story?.observer.close()
    await story?.client.close()
  }
}

/** Two sudden deaths and an orderly stop; afterwards all six nodes run and agree. */
async function killSequence(
  story: Story,
): Promise<{ readonly failoverMs: number; readonly roundTimings: readonly Timing[] }> {
  const { narrator } = story
  const timings: Timing[] = []
  const step = async (what: string, perform: () => Promise<unknown>): Promise<void> => {
    timings.push([what, await timed(perform)])
  }
  const killed: number[] = []

  narrator.chapter('Kill the active controller')
  const { killedId, failoverMs } = await killController(story)
  killed.push(killedId)
  timings.push(['active controller killed: time to the next committed write', failoverMs])

  narrator.chapter('Kill a broker')
  await step('broker killed: time until its leaders moved and its in-sync sets shrank', async () =>
    killed.push(await killBroker(story)),
  )

  narrator.chapter('Start both again')
  await step('both started again: time until all was as before', () => bringBack(story, killed))

  narrator.chapter('Stop a broker in an orderly way')
  let stoppedId = 0
  await step('broker stopped with SIGTERM, no partition without a leader', async () => {
    stoppedId = await stopBroker(story)
  })
  await step('broker started again: time until all was as before', () => bringBack(story, [stoppedId]))

  narrator.chapter('Compare the images of all six processes')
  await step('six images compared', () => compareImages(story))
  return { failoverMs, roundTimings: timings }
}

function timingTable(timings: readonly Timing[]): string {
  const rows = timings.map(([what, tookMs]) => [what, `${tookMs.toFixed(0)} ms`] as const)
  return renderTable([{ title: 'what' }, { title: 'time', align: 'right' }], rows)
}

function failoverSummary(failoversMs: readonly number[]): string {
  const ascending = failoversMs.toSorted((a, b) => a - b)
  const median = ascending[ascending.length >> 1] ?? 0
  const worst = ascending.at(-1) ?? 0
  return `\nfailover in ${ascending.length} rounds: median ${median.toFixed(0)} ms, worst ${worst.toFixed(0)} ms`
}
