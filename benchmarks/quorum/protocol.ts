import { defineApi } from '@quorate/transport'

/** How to load a quorum: so many proposals under way, each again once its last was committed. */
export interface Load {
  readonly inFlight: number
  readonly valueBytes: number
  readonly seconds: number
  /** Seconds before that, which do not count: programs that are compiled while they run are slow at first. */
  readonly warmUpSeconds: number
}

/** What the benchmark asks of a voter's process, or of a client's, over its IPC channel. */
export type Command =
  /** Take part in the quorum. Everyone's address is known by now. */
  | { readonly type: 'start'; readonly addresses: readonly string[] }
  /** Propose; the leader only, or a client of it. */
  | ({ readonly type: 'load' } & Load)
  | { readonly type: 'stop' }

/** What a voter's process says, or a client's. */
export type Report =
  | { readonly type: 'listening'; readonly address: string }
  | { readonly type: 'leading' }
  | {
      readonly type: 'result'
      readonly commitsPerSecond: number
      readonly p50Ms: number
      readonly p99Ms: number
    }

/** A proposal from another process: answered with its offset once it is committed. */
export const submitApi = defineApi<Uint8Array, number>({
  key: 9_000,
  name: 'Submit',
  versions: [
    {
      request: {
        byteLength: (value) => value.byteLength,
        write: (value, into, at) => into.set(value, at),
        read: (bytes) => bytes,
      },
      response: {
        byteLength: () => 8,
        write: (offset, into, at) =>
          void Buffer.from(into.buffer, into.byteOffset + at).writeDoubleBE(offset),
        read: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readDoubleBE(),
      },
    },
  ],
})

/** Says something to the benchmark. */
export function report(message: Report): void {
  process.send?.(message)
}
