import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { systemClock, systemRandom, type Transport } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import { openClusterClient, type ClusterClient } from '../client/cluster-client.ts'
import { parseBootstrap } from '../client/bootstrap.ts'
import { randomId } from '../random-id.ts'
import { readTopicsFile } from '../topics/topics-file.ts'
import { version } from '../version.ts'
import { describable, describeCommand, type DescribeCommand } from './commands/describe.ts'
import { dumpLogCommand, type DumpLogCommand } from './commands/dump-log.ts'
import { formatCommand, type FormatCommand } from './commands/format.ts'
import { recoverCommand, type RecoverCommand } from './commands/recover.ts'
import { startCommand } from './commands/start.ts'
import { applyTopicsCommand, createTopicCommand, deleteTopicsCommand } from './commands/topics.ts'
import { watchCommand } from './commands/watch.ts'
import { describeFailure } from './failure.ts'
import type { Terminal } from './terminal.ts'

/**
 * Runs the program with the arguments after its name.
 *
 * Whatever goes wrong ends as one line for `fail`, `error CODE: what. What to do.`, and an exit code other than 0.
 *
 * @param fail takes that line; it belongs on standard error
 * @returns the exit code: 0, 2 after wrong usage, 1 after any other failure
 */
export async function runProgram(
  argv: readonly string[],
  terminal: Terminal,
  fail: (line: string) => void,
): Promise<number> {
  try {
    await buildProgram(terminal).parseAsync([...argv], { from: 'user' })
    return 0
  } catch (error) {
    if (terminal.signal.aborted && error === terminal.signal.reason) return 0
    const { line, exitCode } = describeFailure(error)
    if (line !== '') fail(line)
    return exitCode
  }
}

function buildProgram(terminal: Terminal): Command {
  const program = new Command('quorate')
    .description('Runs controllers and brokers, and talks to them.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.print(text.trimEnd()), writeErr: () => undefined })
  addNodeCommands(program, terminal)
  addLogCommands(program, terminal)
  addClusterCommands(program, terminal)
  return program
}

function addNodeCommands(program: Command, terminal: Terminal): void {
  program
    .command('random-uuid')
    .description('print a random id, such as --cluster-id wants')
    .action(() => terminal.print(randomId()))
  program
    .command('format')
    .description('make the data directory of one node, once')
    .requiredOption('--config <file>', 'config file of the node')
    .option('--cluster-id <id>', 'the same for every node of the cluster')
    .option(
      '--join',
      'the cluster is there already: a new node, or a new disk of a node whose old one is gone',
    )
    .option('--ignore-formatted', 'leave a directory alone that is formatted for this node already')
    .action((options: FormatCommand) => formatCommand(options, terminal))
  program
    .command('recover')
    .description('make a stopped controller the only voter, when the majority is lost for good')
    .requiredOption('--config <file>', 'config file of the node')
    .requiredOption('--reason <text>', 'why; it is kept in the log')
    .option('--as-single-voter', 'says that this is what is wanted')
    .option('--accept-data-loss', 'says that what only the lost voters have may be lost')
    .action((options: RecoverCommand) => recoverCommand(options, terminal))
  program
    .command('start')
    .description('run the node of a config file until SIGTERM or SIGINT')
    .requiredOption('--config <file>', 'config file of the node')
    .action((options: { readonly config: string }) => startCommand(options.config, terminal))
}

function addLogCommands(program: Command, terminal: Terminal): void {
  program
    .command('log')
    .description('look at a log on disk')
    .command('dump')
    .description('print the batches of a log that no process has open, and verify them')
    .requiredOption('--directory <dir>', 'data directory of a node, or directory of a log')
    .option('--name <name>', 'which log of the directory (default: "log")')
    .option('--from <offset>', 'offset to begin with (default: the start of the log)', offset)
    .option('--to <offset>', 'offset to stop before (default: the end of the log)', offset)
    .option('--json', 'one JSON document a line instead of a table')
    .option('--verify', 'print only what the batches come to')
    .action((options: DumpLogCommand) => dumpLogCommand(options, terminal))
}

function addClusterCommands(program: Command, terminal: Terminal): void {
  withBootstrap(program.command('describe'))
    .description('show the cluster as tables')
    .addArgument(new Argument('[what]', 'what to show').choices([...describable]).default('cluster'))
    .argument('[names...]', 'topics to show')
    .option('--json', 'one JSON document instead')
    .action(
      (
        what: DescribeCommand['what'],
        names: string[],
        options: BootstrapOptions & { readonly json?: true },
      ) =>
        withClient(options, terminal, (client) =>
          describeCommand({ what, names, json: options.json ?? false }, client, terminal),
        ),
    )
  withBootstrap(program.command('watch'))
    .description('print every change of the metadata as it is committed')
    .action((options: BootstrapOptions) =>
      withClient(options, terminal, (client, transport) => watchCommand(client, transport, terminal)),
    )

  const topics = program.command('topics').description('create and delete topics')
  withBootstrap(topics.command('create'))
    .description('create one topic')
    .argument('<name>')
    .option('--partitions <n>', 'number of partitions (default: the cluster decides)', count)
    .option('--replication-factor <n>', 'replicas of each partition (default: the cluster decides)', count)
    .option('--config <name=value>', 'config of the topic; may be repeated', config, {})
    .action((name: string, options: BootstrapOptions & CreateOptions) =>
      withClient(options, terminal, (client) =>
        createTopicCommand({ name, ...wantedShape(options), configs: options.config }, client, terminal),
      ),
    )
  withBootstrap(topics.command('delete'))
    .description('delete topics')
    .argument('<names...>')
    .action((names: string[], options: BootstrapOptions) =>
      withClient(options, terminal, (client) => deleteTopicsCommand(names, client, terminal)),
    )
  withBootstrap(topics.command('apply'))
    .description('create what is missing of the KafkaTopic resources in a file')
    .argument('<file>')
    .action(async (file: string, options: BootstrapOptions) => {
      const wanted = await readTopicsFile(file)
      await withClient(options, terminal, (client) => applyTopicsCommand(wanted, client, terminal))
    })
}

interface BootstrapOptions {
  readonly bootstrap: string
}

interface CreateOptions {
  readonly partitions?: number
  readonly replicationFactor?: number
  readonly config: Readonly<Record<string, string>>
}

function withBootstrap(command: Command): Command {
  return command.addOption(
    new Option(
      '--bootstrap <addresses>',
      'host:port of any node; several separated by commas',
    ).makeOptionMandatory(),
  )
}

async function withClient(
  options: BootstrapOptions,
  terminal: Terminal,
  use: (client: ClusterClient, transport: Transport) => Promise<void>,
): Promise<void> {
  const bootstrap = parseBootstrap(options.bootstrap)
  const transport = tcp()
  await using client = await openClusterClient({
    bootstrap,
    transport,
    clock: systemClock,
    random: systemRandom,
    signal: terminal.signal,
  })
  await use(client, transport)
}

function wantedShape({ partitions, replicationFactor }: CreateOptions): Omit<CreateOptions, 'config'> {
  return {
    ...(partitions !== undefined && { partitions }),
    ...(replicationFactor !== undefined && { replicationFactor }),
  }
}

function count(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('A number from 1 on is expected.')
  return value
}

function offset(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0 || text.trim() === '')
    throw new InvalidArgumentError('A number from 0 on is expected.')
  return value
}

function config(text: string, known: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('name=value is expected.')
  return { ...known, [text.slice(0, at)]: text.slice(at + 1) }
}
