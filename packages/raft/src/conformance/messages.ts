import type { Batch } from '@quorate/log'
import type { RaftRequest, RaftResponse } from '../messages.ts'

/** A request and an answer to it, with every field that they may have. */
export interface MessagePair {
  readonly name: string
  readonly request: RaftRequest
  readonly response: RaftResponse
}

const sender = { clusterId: 'c', epoch: 7 }

/** Batches with payloads of many sizes. */
const batches: readonly Batch[] = [0, 1, 1_000, 200_000].map((length, index) => ({
  baseOffset: 10 + 2 * index,
  count: 2,
  epoch: 5 + index,
  timestampMs: 1_700_000_000_000,
  attributes: index % 2,
  payload: Uint8Array.from({ length }, (_, at) => (at * 31) & 0xff),
}))

/** Every kind of message between the nodes of a quorum. */
export const messagePairs: readonly MessagePair[] = [
  {
    name: 'a vote request',
    request: {
      type: 'vote',
      ...sender,
      candidateId: 1,
      candidateDirectoryId: 'disk-a',
      voterId: 2,
      voterDirectoryId: 'disk-b',
      lastEpoch: 6,
      endOffset: 2 ** 40,
      preVote: true,
    },
    response: { type: 'vote', epoch: 7, leaderId: 2, granted: true },
  },
  {
    name: 'the news of a leader',
    request: {
      type: 'begin-quorum-epoch',
      ...sender,
      leaderId: 1,
      leaderEndpoints: { CONTROLLER: 'host-1:9093' },
      voterId: 2,
      voterDirectoryId: 'disk-b',
    },
    response: {
      type: 'begin-quorum-epoch',
      error: 'FENCED_LEADER_EPOCH',
      epoch: 8,
      leaderId: 3,
      leaderEndpoints: { CONTROLLER: 'host-3:9093' },
    },
  },
  {
    name: 'the goodbye of a leader',
    request: { type: 'end-quorum-epoch', ...sender, leaderId: 1, preferredSuccessors: [3, 2] },
    response: { type: 'end-quorum-epoch', epoch: 7 },
  },
  {
    name: 'a question about reads',
    request: { type: 'read-index', ...sender },
    response: { type: 'read-index', epoch: 7, leaderId: 2, offset: 2 ** 40 },
  },
  {
    name: 'a fetch that is given batches',
    request: {
      type: 'fetch',
      ...sender,
      replicaId: 1,
      replicaDirectoryId: 'disk-a',
      fetchOffset: 10,
      lastFetchedEpoch: 5,
      highWatermark: 9,
      maxWaitMs: 0.5,
      readRound: 4,
      leaseMs: 500,
    },
    response: { type: 'fetch', epoch: 7, leaderId: 2, highWatermark: 12, readRound: 5, batches },
  },
  {
    name: 'a fetch of an observer without a name, whose log is another',
    request: {
      type: 'fetch',
      ...sender,
      replicaId: -1,
      replicaDirectoryId: 'disk-b',
      isJoiner: true,
      fetchOffset: 0,
      lastFetchedEpoch: 0,
      highWatermark: 0,
      maxWaitMs: 500,
      readRound: 0,
    },
    response: {
      type: 'fetch',
      epoch: 7,
      highWatermark: 12,
      divergingEpoch: { epoch: 6, endOffset: 8 },
      batches: [],
    },
  },
]
