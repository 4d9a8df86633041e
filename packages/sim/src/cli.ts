import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { systemClock } from '@quorate/transport'
import { runCampaign } from './campaign.ts'
import type { FailedSeed } from './life.ts'
import { checkDeterminism } from './determinism.ts'
import { huntAll } from './planted/hunt-all.ts'
import { reachNames } from './reach.ts'
import { runScenario } from './scenario.ts'
import { traceHeading } from './trace.ts'

interface Options {
  readonly seed?: number
  readonly seeds: number
  readonly first: number
  readonly hours?: number
  readonly reach: number
  readonly determinism?: number
  readonly planted?: string | true
  readonly jobs: number
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

function number(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('a number above 0 is wanted')
}

function count(text: string): number {
  const value = number(text)
  if (Number.isInteger(value)) return value
  throw new InvalidArgumentError('a whole number above 0 is wanted')
}

const program = new Command('sim')
  .description(
    'Runs whole clusters of the real code under virtual time, with faults, and checks every event.',
  )
  .option('--seeds <count>', 'lives of a cluster to run', number, 100)
  .option('--first <seed>', 'the first seed', number, 1)
  .option('--hours <hours>', 'run seeds until so many cluster-hours have gone by', number)
  .option(
    '--jobs <count>',
    'lives at the same time; all processors unless told otherwise',
    count,
    availableParallelism(),
  )
  .option('--reach <count>', 'how often everything must have happened for the campaign to count', number)
  .option('--seed <seed>', 'run one life and print every event', number)
  .option('--determinism <count>', 'run so many seeds twice and compare the traces', number)
  .option('--planted [name]', 'plant each known mistake, or those whose name holds this, and hunt it')
  .action(async () => {
    const options = program.opts<Options>()
    const isSound = await choose(options)
    process.exitCode = isSound ? 0 : 1
  })

function choose(options: Options): Promise<boolean> {
  if (options.seed !== undefined) return showOne(options.seed)
  if (options.determinism !== undefined) return showDeterminism(options.first, options.determinism)
  if (options.planted !== undefined) return showPlanted(options)
  return showCampaign(options)
}

async function showOne(seed: number): Promise<boolean> {
  print(traceHeading)
  try {
    const report = await runScenario(seed, { print })
    print(`seed ${seed}: ${report.profile}, ${report.events} events, hash ${report.traceHash}, no violation`)
    return true
  } catch (error) {
    print(`seed ${seed}: ${(error as Error).message}`)
    return false
  }
}

async function showCampaign({ first, seeds, hours, reach: limit, jobs }: Options): Promise<boolean> {
  const goal = hours === undefined ? { seeds } : { hours }
  const tell = ({ seed, message }: FailedSeed): void => print(`seed ${seed}: ${message}`)
  const result = await runCampaign({ firstSeed: first, ...goal }, tell, jobs)
  for (const name of reachNames) print(`${name.padEnd(26)}${String(result.reach[name]).padStart(12)}`)
  print(`${'seeds'.padEnd(26)}${String(result.seeds).padStart(12)}`)
  print(`${'events'.padEnd(26)}${String(result.events).padStart(12)}`)
  print(`${'cluster-hours'.padEnd(26)}${result.hours.toFixed(1).padStart(12)}`)
  print(`${'CPU seconds'.padEnd(26)}${(process.cpuUsage().user / 1e6).toFixed(0).padStart(12)}`)
  print(`${'violations'.padEnd(26)}${String(result.violations).padStart(12)}`)
  const tooRare = limit === undefined ? [] : reachNames.filter((name) => result.reach[name] < limit)
  for (const name of tooRare) print(`${name} happened less than ${limit} times`)
  return result.violations === 0 && tooRare.length === 0
}

async function showDeterminism(first: number, count: number): Promise<boolean> {
  const differing = await checkDeterminism(first, count)
  for (const { seed, hashes } of differing) print(`seed ${seed}: ${hashes.join(' and ')}`)
  print(`${count} seeds run twice, ${differing.length} differ`)
  return differing.length === 0
}

async function showPlanted({ planted, seeds }: Options): Promise<boolean> {
  const wanted = typeof planted === 'string' ? planted : ''
  let missed = 0
  for await (const { bug, seed, message, seconds } of huntAll(
    Math.max(seeds, 1_000),
    () => systemClock.now(),
    (name) => name.includes(wanted),
  )) {
    if (seed === undefined) missed += 1
    const found = seed === undefined ? 'NOT FOUND' : `seed ${seed}`
    print(`${bug.padEnd(66)}${found.padStart(10)}${seconds.toFixed(1).padStart(8)} s  ${message ?? ''}`)
  }
  print(missed === 0 ? 'every planted bug was found' : `${missed} planted bugs were not found`)
  return missed === 0
}

await program.parseAsync()
