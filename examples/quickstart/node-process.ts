import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ReadyMessage } from '@quorate/server'

/** The `quorate` program as it stands in the workspace. */
export const program = fileURLToPath(import.meta.resolve('@quorate/server/bin'))

/** How a process ended. */
interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** `quorate start` as an operating system process. */
export interface NodeProcess {
  readonly pid: number
  /** Resolves when the node does its part. Rejects with the last line it wrote if it ended before. */
  readonly ready: Promise<void>
  readonly exited: Promise<Exit>
  readonly running: boolean
  kill(signal: NodeJS.Signals): void
  /** Lets this process end while the node runs on. */
  release(): void
}

/**
 * Starts a node. Its output goes to `logPath`.
 *
 * It gets a process group of its own, so that Ctrl-C reaches the demonstration alone, which then ends the nodes.
 */
export function startNode(configPath: string, logPath: string): NodeProcess {
  const output = openSync(logPath, 'a')
  const child = spawn(process.execPath, [program, 'start', '--config', configPath], {
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
  })
  closeSync(output)
  if (child.pid === undefined) throw new Error(`${process.execPath} cannot be started`)
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  const ready = Promise.race([readyMessage(child), exited.then(() => failBeforeReady(logPath))])
  // A node that is killed before it is ready is no surprise to whoever killed it.
  ready.catch(() => undefined)
  return {
    pid: child.pid,
    ready,
    exited,
    get running() {
      return child.exitCode === null && child.signalCode === null
    },
    kill: (signal) => void child.kill(signal),
    release() {
      child.disconnect()
      child.unref()
    },
  }
}

function readyMessage(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.on('message', (message) => {
      if ((message as ReadyMessage).type === 'ready') resolve()
    })
  })
}

async function failBeforeReady(logPath: string): Promise<never> {
  const lines = (await readFile(logPath, 'utf8')).trimEnd().split('\n')
  throw new Error(`the node ended before it was ready: ${lines.at(-1)}`)
}
