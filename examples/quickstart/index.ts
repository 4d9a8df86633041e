import { readTopicsFile } from '@quorate/server'
import { createCluster, type Cluster } from './cluster.ts'
import { demonstrate } from './demonstration.ts'
import { keepInstructions } from './keep.ts'
import { narrator } from './narrator.ts'
import { parseOptions, usage, type Options } from './options.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stop.abort(new Error(`${signal} received`)))
}
process.exitCode = await main()

async function main(): Promise<number> {
  let options: Options | 'help'
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`error USAGE: ${(error as Error).message}. --help shows the options.\n`)
    return 2
  }
  if (options === 'help') {
    process.stdout.write(`${usage}\n`)
    return 0
  }
  return run(options)
}

/** Runs the demonstration. Whatever happens, no process stays behind unless it shall. @returns the exit code */
async function run(options: Options): Promise<number> {
  const tell = narrator({ output: process.stdout, quiet: options.quiet })
  let cluster: Cluster | undefined
  try {
    const topics = await readTopicsFile(options.topics)
    cluster = await createCluster()
    tell.say(`formatted six data directories in ${cluster.directory} for the cluster ${cluster.clusterId}`)
    await demonstrate(cluster, topics, options, tell, stop.signal)
    tell.note(tell.good('\nEverything held.'))
    if (options.keep) {
      for (const { id } of cluster.members) cluster.process(id).release()
      tell.note(keepInstructions(cluster))
      return 0
    }
    await cluster.killAll()
    await cluster.remove()
    return 0
  } catch (error) {
    await cluster?.killAll()
    // After a failure the output of the nodes may tell why; who interrupts wants to know nothing.
    if (stop.signal.aborted) await cluster?.remove()
    const logs =
      cluster === undefined || stop.signal.aborted ? '' : ` The nodes' output is in ${cluster.directory}.`
    process.stderr.write(`\n${tell.bad('Failed')}: ${(error as Error).message.replace(/\.$/, '')}.${logs}\n`)
    return 1
  }
}
