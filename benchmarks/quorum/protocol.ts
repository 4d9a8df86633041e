/** What the benchmark asks of a voter's process, over its IPC channel. */
export type Command =
  /** Take part in the quorum. Everyone's address is known by now. */
  | { readonly type: 'start'; readonly addresses: readonly string[] }
  /** Propose `valueBytes` at a time with `inFlight` under way, for `seconds`; the leader only. */
  | {
      readonly type: 'load'
      readonly inFlight: number
      readonly valueBytes: number
      readonly seconds: number
    }
  | { readonly type: 'stop' }

/** What a voter's process says. */
export type Report =
  | { readonly type: 'listening'; readonly address: string }
  | { readonly type: 'leading' }
  | {
      readonly type: 'result'
      readonly commitsPerSecond: number
      readonly p50Ms: number
      readonly p99Ms: number
    }
