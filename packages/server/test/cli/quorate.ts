import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../src/bin.ts', import.meta.url))

/** How a run of the program ended. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A run of the program. */
export interface Run {
  readonly child: ChildProcess
  /** Resolves when standard output has `text` in it; rejects if the program ends before. */
  printed(text: string): Promise<void>
  readonly outcome: Promise<Outcome>
  /** Ends the program at once, and waits until it writes to its directory no more. */
  kill(): Promise<Outcome>
}

/** Starts the real program as a process of its own; as `uid`, if that is given and this process may. */
export function start(args: readonly string[], options: { readonly uid?: number } = {}): Run {
  // tap puts its own modules into the node processes that a test starts; the program is to run as users run it.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid !== undefined && { uid: options.uid }),
  })
  const output = { stdout: '', stderr: '' }
  const { stdout, stderr } = child
  stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
  stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
  const outcome = new Promise<Outcome>((resolve) => {
    child.once('close', (code) => resolve({ code, ...output }))
  })
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!output.stdout.includes(text)) return
        stdout.off('data', look)
        resolve()
      }
      stdout.on('data', look)
      look()
      void outcome.then(({ stderr }) =>
        reject(new Error(`the program ended before it printed ${text}: ${stderr}`)),
      )
    })
  const kill = (): Promise<Outcome> => {
    child.kill('SIGKILL')
    return outcome
  }
  return { child, printed, outcome, kill }
}

/** Runs the real program to its end. */
export function quorate(args: readonly string[], options: { readonly uid?: number } = {}): Promise<Outcome> {
  return start(args, options).outcome
}
