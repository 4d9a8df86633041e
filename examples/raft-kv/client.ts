import { Agent, request, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

/** What became of a call. Only `unknown` leaves anything open: the write may have happened, or happen later, or never. */
export type Outcome =
  | { readonly is: 'done'; readonly value?: string; readonly revision?: number }
  /** The condition did not hold when the write had its turn: the key was at `revision` then, or absent. */
  | { readonly is: 'conflict'; readonly revision?: number }
  | { readonly is: 'refused'; readonly why: string }
  | { readonly is: 'unknown'; readonly why: string }

/** The condition of a write: the revision the key must be at, or `null` if it must be absent. */
export type Expected = number | null

/** How long a client tries. */
export interface ClientOptions {
  /** Where the nodes serve HTTP, as `host:port`. */
  readonly addresses: readonly string[]
  /** Milliseconds for one node to answer. @default 1_000 */
  readonly attemptTimeoutMs?: number
  /** Milliseconds for a call to begin its last attempt: one that was certainly not carried out is tried again. @default 5_000 */
  readonly callTimeoutMs?: number
}

/** Pause before the next node is asked, so that an election is not disturbed. */
const retryMs = 10

/** A node that fell silent is left alone for so long, also if others say that it leads: each try would cost a time-out. */
const suspicionMs = 3_000

/** An answer, or what there is to know without one. */
type Attempt =
  | { readonly status: number; readonly headers: IncomingMessage['headers']; readonly body: string }
  | { readonly status: undefined; readonly sent: boolean; readonly silent: boolean; readonly why: string }

/** A client of the store: finds the leader, and never repeats a write that may have been carried out. */
export class KeyValueClient {
  readonly #addresses: readonly string[]
  readonly #attemptTimeoutMs: number
  readonly #callTimeoutMs: number
  readonly #agent = new Agent({ keepAlive: true })
  readonly #suspects = new Map<string, number>()
  #preferred: string

  constructor({ addresses, attemptTimeoutMs = 1_000, callTimeoutMs = 5_000 }: ClientOptions) {
    const [first] = addresses
    if (first === undefined) throw new TypeError('a client needs the address of a node')
    this.#addresses = addresses
    this.#attemptTimeoutMs = attemptTimeoutMs
    this.#callTimeoutMs = callTimeoutMs
    this.#preferred = first
  }

  /** Reads `key` as of now, from any node. `done` without a value: there is none. Never `unknown`, nor `conflict`. */
  get(key: string): Promise<Outcome> {
    return this.#call('GET', key)
  }

  put(key: string, value: string, expected?: Expected): Promise<Outcome> {
    return this.#call('PUT', key, value, expected)
  }

  delete(key: string, expected?: Expected): Promise<Outcome> {
    return this.#call('DELETE', key, undefined, expected)
  }

  close(): void {
    this.#agent.destroy()
  }

  async #call(method: string, key: string, body?: string, expected?: Expected): Promise<Outcome> {
    const path = `/keys/${encodeURIComponent(key)}`
    const condition: Record<string, string> =
      expected === undefined
        ? {}
        : expected === null
          ? { 'if-none-match': '*' }
          : { 'if-match': `"${expected}"` }
    const giveUpMs = performance.now() + this.#callTimeoutMs
    for (;;) {
      const address = this.#preferred
      const attempt = await this.#attempt(address, method, path, condition, body)
      const outcome = outcomeOf(attempt, method)
      if (attempt.status !== undefined) this.#suspects.delete(address)
      else if (attempt.silent) this.#suspects.set(address, performance.now() + suspicionMs)
      if (outcome?.is === 'done' || outcome?.is === 'conflict') return outcome
      const named = attempt.status === 307 ? new URL(attempt.headers.location ?? '').host : undefined
      this.#preferred = this.#next(address, named)
      if (outcome !== undefined) return outcome
      if (performance.now() > giveUpMs) return { is: 'refused', why: 'no node took it in time' }
      if (this.#preferred !== named) await delay(retryMs)
    }
  }

  /** The leader that was named, or else the node behind `from`; if possible one that did not fall silent. */
  #next(from: string, named: string | undefined): string {
    const position = this.#addresses.indexOf(from) + 1
    const others = [...this.#addresses.slice(position), ...this.#addresses.slice(0, position)]
    const isSuspect = (address: string): boolean => (this.#suspects.get(address) ?? 0) > performance.now()
    const candidates = named === undefined ? others : [named, ...others]
    return candidates.find((address) => !isSuspect(address)) ?? others[0]!
  }

  #attempt(
    address: string,
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | undefined,
  ): Promise<Attempt> {
    const { promise, resolve } = Promise.withResolvers<Attempt>()
    const call = request(`http://${address}${path}`, { method, headers, agent: this.#agent })
    let silent = false
    const timer = setTimeout(() => {
      silent = true
      call.destroy(new Error('no answer in time'))
    }, this.#attemptTimeoutMs)
    let connected = false
    call.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => (connected = true))
      else connected = true
    })
    const fail = (error: Error): void =>
      resolve({ status: undefined, sent: connected, silent, why: error.message })
    call.once('error', fail)
    call.once('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', fail)
      response.once('end', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
    })
    call.end(body)
    return promise.finally(() => clearTimeout(timer))
  }
}

/** @returns `undefined` if it was certainly not carried out and may be tried again */
function outcomeOf(attempt: Attempt, method: string): Outcome | undefined {
  if (attempt.status === undefined) {
    return attempt.sent && method !== 'GET' ? { is: 'unknown', why: attempt.why } : undefined
  }
  const revision =
    attempt.headers.etag === undefined ? {} : { revision: Number(attempt.headers.etag.slice(1, -1)) }
  switch (attempt.status) {
    case 200:
      return { is: 'done', ...(method === 'GET' ? { value: attempt.body } : {}), ...revision }
    case 404:
      return { is: 'done' }
    case 412:
      return { is: 'conflict', ...revision }
    case 504:
      return { is: 'unknown', why: attempt.body }
    case 307:
    case 503:
      return undefined
    default:
      return { is: 'refused', why: `${attempt.status} ${attempt.body}` }
  }
}
