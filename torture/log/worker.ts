import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The line of standard error that says most. */
  readonly said: string
}

/** A process ended, or was ended, before it answered. */
export class WorkerExit extends Error {
  readonly exit: Exit

  constructor(exit: Exit) {
    super(`the process ended (${exit.signal ?? exit.code}) before it answered: ${exit.said}`)
    this.exit = exit
  }
}

// A process is short, and compiling what it imports takes most of its life.
const compileCache = join(tmpdir(), 'quorate-torture-compile-cache')

const keptStderrCharacters = 2000

/**
 * A process of its own that answers requests, one after the other.
 *
 * Its script says `'ready'` once it has imported what it needs, then sends one reply a request.
 */
export class Worker<Request extends object, Reply extends object> {
  readonly #child: ChildProcess
  readonly #exit: Promise<Exit>
  readonly #ready: Promise<unknown>

  /** @param environment variables beside those of this process */
  constructor(script: URL, environment: Readonly<Record<string, string>> = {}) {
    this.#child = fork(script, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { NODE_COMPILE_CACHE: compileCache, ...process.env, ...environment },
      execArgv: [],
    })
    let stderr = ''
    this.#child.stderr?.on('data', (data) => (stderr = (stderr + String(data)).slice(-keptStderrCharacters)))
    this.#exit = once(this.#child, 'close').then(([code, signal]) => ({
      code,
      signal,
      said: essence(stderr),
    }))
    this.#ready = Promise.race([once(this.#child, 'message'), this.#exit])
  }

  get pid(): number {
    return this.#child.pid!
  }

  /** Resolves when the process has imported what it needs. */
  async ready(): Promise<void> {
    await this.#ready
  }

  /** Sends `request` and waits for the answer. @throws WorkerExit, or an error when `timeoutMs` have passed */
  async request(request: Request, timeoutMs = 60_000): Promise<Reply> {
    await this.#ready
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs)
    const listening = new AbortController()
    try {
      const reply = once(this.#child, 'message', { signal: listening.signal })
      reply.catch(() => undefined)
      if (this.#child.connected) this.#child.send(request, () => undefined)
      const first = await Promise.race([reply, this.#exit, late])
      if (Array.isArray(first)) return first[0] as Reply
      throw new WorkerExit(first)
    } finally {
      listening.abort()
      clearTimeout(timer)
    }
  }

  /** Ends the process as nothing but the kernel can. Idempotent. @returns when it is gone */
  async kill(): Promise<Exit> {
    this.#child.kill('SIGKILL')
    return this.#exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

function essence(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  return lines.find((line) => /Error\b|assert/i.test(line)) ?? lines.at(-1) ?? ''
}
