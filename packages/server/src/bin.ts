#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Half of the time to start goes into compiling the modules, so the program is imported only after the cache is on.
enableCompileCache()
const { runProgram } = await import('./cli/program.ts')

const stop = new AbortController()

/** The first signal asks the program to end in an orderly way; the second ends it. */
function onSignal(signal: 'SIGINT' | 'SIGTERM', number: number): void {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(128 + number)
    stop.abort(new Error(`${signal} received`))
  })
}
onSignal('SIGINT', 2)
onSignal('SIGTERM', 15)

// A reader that closed its end, such as head, has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await runProgram(
  process.argv.slice(2),
  {
    print: (line) => process.stdout.write(`${line}\n`),
    announce: (message) => process.send?.(message),
    interactive: process.stdout.isTTY,
    signal: stop.signal,
  },
  (line) => process.stderr.write(`${line}\n`),
)
// An open channel to a parent process would keep this one alive.
if (process.connected) process.disconnect()
