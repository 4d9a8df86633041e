import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** What the demonstration was asked for. */
export interface Options {
  /** File of KafkaTopic resources. */
  readonly topics: string
  /** How often the kill sequence runs. */
  readonly rounds: number
  /** One line a round instead of the whole story. */
  readonly quiet: boolean
  /** Leave the cluster running at the end. */
  readonly keep: boolean
}

export const usage = `Usage: pnpm start [--topics FILE] [--rounds N] [--quiet] [--keep]

  --topics FILE  the topics to create: Strimzi KafkaTopic resources, one a YAML document
                 (default: examples/quickstart/topics.yaml)
  --rounds N     run the kill sequence N times and print the failover times (default: 1)
  --quiet        one line a round instead of the whole story
  --keep         leave the cluster running and print how to talk to it`

/** Reads the command line. @throws Error that says what is wrong with it */
export function parseOptions(argv: readonly string[]): Options | 'help' {
  const { values } = parseArgs({
    // pnpm hands a "--" before the arguments on.
    args: argv[0] === '--' ? argv.slice(1) : [...argv],
    options: {
      topics: { type: 'string' },
      rounds: { type: 'string', default: '1' },
      quiet: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  const rounds = Number(values.rounds)
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    throw new Error(`--rounds takes a number from 1 on, not "${values.rounds}"`)
  }
  const topics = values.topics ?? fileURLToPath(new URL('topics.yaml', import.meta.url))
  return { topics, rounds, quiet: values.quiet, keep: values.keep }
}
