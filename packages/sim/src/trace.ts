/** What a line of a trace is about; the position in the list goes into the hash. */
const traceKinds = [
  'start',
  'crash',
  'close',
  'stop',
  'resume',
  'fail',
  'send',
  'answer',
  'lost',
  'write',
  'cut',
  'durable',
  'role',
  'commit',
  'apply',
  'propose',
  'outcome',
  'read',
  'fault',
  'snapshot',
  'install',
  'load',
  'voters',
] as const

/** One of {@link traceKinds}. */
export type TraceKind = (typeof traceKinds)[number]

const kindNumbers = new Map<TraceKind, number>(traceKinds.map((kind, index) => [kind, index]))

/** The heading over the lines of a trace. */
export const traceHeading = '     time ms  node  event         peer  epoch  offset  detail'

/**
 * What happened in a run, one line an event in fixed columns, and a hash over all of it.
 *
 * Two runs with the same hash did the same things at the same times. Lines are only made when somebody reads them.
 */
export class Trace {
  #hash = 0x811c9dc5
  #events = 0
  readonly #print: ((line: string) => void) | undefined

  constructor(print?: (line: string) => void) {
    this.#print = print
  }

  get events(): number {
    return this.#events
  }

  /** Eight hexadecimal digits. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0')
  }

  /** Takes down one event. `peer`, `epoch` and `offset` are -1 where they mean nothing. */
  add(
    timeMs: number,
    node: number,
    kind: TraceKind,
    peer: number,
    epoch: number,
    offset: number,
    detail = '',
  ): void {
    this.#events += 1
    const micros = Math.floor(timeMs * 1000)
    let hash = this.#hash
    hash = mix(hash, micros | 0)
    hash = mix(hash, (micros / 2 ** 32) | 0)
    hash = mix(hash, (node << 8) ^ (kindNumbers.get(kind) ?? 0) ^ (peer << 16))
    hash = mix(hash, epoch)
    hash = mix(hash, offset)
    for (let index = 0; index < detail.length; index += 1) hash = mix(hash, detail.charCodeAt(index))
    this.#hash = hash
    this.#print?.(
      timeMs.toFixed(3).padStart(12) +
        String(node).padStart(6) +
        `  ${kind.padEnd(12)}` +
        column(peer, 6) +
        column(epoch, 7) +
        column(offset, 8) +
        (detail === '' ? '' : `  ${detail}`),
    )
  }
}

function column(value: number, width: number): string {
  return (value === -1 ? '.' : String(value)).padStart(width)
}

/** One round of a 32-bit hash. */
export function mix(hash: number, value: number): number {
  let mixed = Math.imul(hash ^ value, 0x9e3779b1)
  mixed ^= mixed >>> 15
  return Math.imul(mixed, 0x85ebca6b) ^ (mixed >>> 13)
}
