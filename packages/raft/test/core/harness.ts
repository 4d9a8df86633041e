import type { Batch, EpochStart, HardState, LogWrite, SnapshotId } from '@quorate/log'
import type { CoreConfig } from '../../src/core/config.ts'
import { Core } from '../../src/core/core.ts'
import type { Effect } from '../../src/core/effects.ts'
import type { Event } from '../../src/core/events.ts'
import type { VoterHistoryStart } from '../../src/core/voter-history.ts'
import type { FetchResponse, NamedVoter, RaftRequest, RaftResponse } from '../../src/messages.ts'

/** A core at node 1 of voters 1, 2 and 3, unless told otherwise, with its effects at hand. Its time only moves with `at`. */
export class CoreHarness {
  readonly core: Core
  nowMs = 0
  #requestId = 0

  constructor(
    start: {
      readonly config?: Partial<CoreConfig>
      /** The voters that the log began with, on disks called d1, d2 and so on. */
      readonly voters?: readonly number[]
      /** What the log says of voters, if not that. */
      readonly history?: VoterHistoryStart
      readonly hardState?: HardState
      readonly endOffset?: number
      readonly epochs?: readonly EpochStart[]
      /** @default () => 0.5 */
      readonly random?: () => number
      /** @default 0 */
      readonly nowMs?: number
      /** The newest snapshot; the log is empty behind it. */
      readonly snapshot?: SnapshotId
    } = {},
  ) {
    const config: CoreConfig = {
      id: 1,
      directoryId: 'd1',
      clusterId: 'c',
      isJoiner: false,
      bootstrapVoters: [],
      contacts: [1, 2, 3],
      electionTimeoutMs: 1_000,
      fetchTimeoutMs: 2_000,
      fetchMaxWaitMs: 500,
      requestTimeoutMs: 1_000,
      retryBackoffMs: 20,
      electionBackoffMaxMs: 1_000,
      electionJitterMs: 50,
      snapshotFetchMaxBytes: 100,
      diskStallTimeoutMs: 2_000,
      ...start.config,
    }
    const { random = () => 0.5, nowMs = 0 } = start
    this.nowMs = nowMs
    const { snapshot, endOffset = snapshot?.endOffset ?? 0, epochs = [] } = start
    const log = { startOffset: snapshot?.endOffset ?? 0, startEpoch: snapshot?.epoch ?? 0, endOffset, epochs }
    this.core = new Core({ config, hardState: start.hardState, log, snapshot, random }, this.#time())
    const { voters = [1, 2, 3] } = start
    this.step({
      type: 'begin',
      voters: start.history ?? { base: namedVoters(...voters), isRecorded: true, records: [] },
    })
  }

  /** One event, and the effects it has. Writes stay pending until `write` is told to finish. */
  step(event: Event): Effect[] {
    return this.core.step(event, this.#time())
  }

  /** Lets time pass up to `ms`. */
  at(ms: number): Effect[] {
    this.nowMs = ms
    return this.step({ type: 'tick' })
  }

  /** Reports every write among `effects` as durable, and those that this causes. @returns what else came of it */
  written(effects: readonly Effect[]): Effect[] {
    const ids = effects.flatMap((effect) => (effect.type === 'write' ? [effect.id] : []))
    const last = ids.at(-1)
    if (last === undefined) return []
    const caused = this.step({ type: 'written', id: last })
    return [...caused, ...this.written(caused)]
  }

  /** Delivers a request. @returns its effects */
  request(request: RaftRequest): Effect[] {
    this.#requestId += 1
    return this.step({ type: 'request', requestId: this.#requestId, request })
  }

  /** Stands for election and wins it with the vote of node 2. @returns the effects of winning */
  lead(): Effect[] {
    const asked = this.at(this.core.deadlineMs)
    const stood = this.answer(asked, 2, { type: 'vote', epoch: this.core.epoch, granted: true })
    const durable = this.written(stood)
    const won = this.answer([...stood, ...durable], 2, {
      type: 'vote',
      epoch: this.core.epoch,
      granted: true,
    })
    return [...won, ...this.written(won)]
  }

  /** Follows node 2 in `epoch`. @returns the effects, with the first fetch among them */
  follow(epoch: number): Effect[] {
    const effects = this.request({
      type: 'begin-quorum-epoch',
      clusterId: 'c',
      epoch,
      leaderId: 2,
      voterId: 1,
    })
    return [...effects, ...this.written(effects)]
  }

  /** Answers the newest request to `from` among `effects`. */
  answer(effects: readonly Effect[], from: number, response: RaftResponse): Effect[] {
    const request = effects.findLast((effect) => effect.type === 'request' && effect.to === from)
    if (request?.type !== 'request') throw new Error(`nothing was asked of node ${from}`)
    return this.step({ type: 'response', correlationId: request.correlationId, response })
  }

  /** A fetch of `replica`, acknowledging everything before `fetchOffset`. */
  fetchFrom(replica: number, fetchOffset: number, lastFetchedEpoch: number, readRound = 0): Effect[] {
    return this.request({
      type: 'fetch',
      clusterId: 'c',
      epoch: this.core.epoch,
      replicaId: replica,
      replicaDirectoryId: `d${replica}`,
      fetchOffset,
      lastFetchedEpoch,
      highWatermark: this.core.highWatermark,
      maxWaitMs: 500,
      readRound,
    })
  }

  #time(): { now: number; wallTime: number } {
    return { now: this.nowMs, wallTime: this.nowMs }
  }
}

/** Node 2 asks node 1 for its vote, on whichever disk that is, with an empty log. */
export const voteRequest = {
  type: 'vote',
  clusterId: 'c',
  epoch: 1,
  candidateId: 2,
  candidateDirectoryId: 'd2',
  voterId: 1,
  lastEpoch: 0,
  endOffset: 0,
  preVote: false,
} as const

/** Voters on disks called d1, d2 and so on. */
export function namedVoters(...ids: readonly number[]): readonly NamedVoter[] {
  return ids.map((id) => ({ id, directoryId: `d${id}` }))
}

/** The replies among `effects`. */
export function replies(effects: readonly Effect[]): RaftResponse[] {
  return effects.flatMap((effect) =>
    effect.type === 'reply' || effect.type === 'reply-batches' ? [effect.response] : [],
  )
}

/** The requests among `effects`, with the node each goes to. */
export function requests(effects: readonly Effect[]): { to: number; request: RaftRequest }[] {
  return effects.flatMap((effect) =>
    effect.type === 'request' ? [{ to: effect.to, request: effect.request }] : [],
  )
}

/** What is written, in order. */
export function writes(effects: readonly Effect[]): LogWrite[] {
  return effects.flatMap((effect) => (effect.type === 'write' ? [effect.write] : []))
}

/** A batch of one record. */
export function batch(baseOffset: number, epoch: number): Batch {
  return { baseOffset, count: 1, epoch, timestampMs: 0, attributes: 0, payload: new Uint8Array([1]) }
}

/** A leader's answer to a fetch. */
export function fetched(epoch: number, batches: readonly Batch[], highWatermark = 0): FetchResponse {
  return { type: 'fetch', epoch, leaderId: 2, highWatermark, batches }
}
