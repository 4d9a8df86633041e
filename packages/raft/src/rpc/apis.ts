import { defineApi } from '@quorate/transport'
import { z } from 'zod'
import { endpointsSchema } from '../core/voter-schema.ts'
import type {
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
  FetchRequest,
  FetchResponse,
  FetchSnapshotRequest,
  FetchSnapshotResponse,
  ReadIndexRequest,
  ReadIndexResponse,
  VoteRequest,
  VoteResponse,
} from '../messages.ts'
import { fetchRequestCodec } from './fetch-request-codec.ts'
import { fetchResponseCodec } from './fetch-response-codec.ts'
import { refusals } from './refusals.ts'

const nodeId = z.int().min(-1)
const voterId = z.int().nonnegative()
const epoch = z.int().nonnegative()
const offset = z.int().nonnegative()
const name = z.string().min(1).max(64)
const sender = { clusterId: name, epoch }

const refusal = z.enum(refusals)
const answer = {
  error: refusal.exactOptional(),
  epoch,
  leaderId: voterId.exactOptional(),
  leaderEndpoints: endpointsSchema.exactOptional(),
}
/** Whom a request is meant for: the node and the disk. */
const addressee = { voterId, voterDirectoryId: name.exactOptional() }

/** A vote or a pre-vote; Kafka's key. */
export const voteApi = defineApi<VoteRequest, VoteResponse>({
  key: 52,
  name: 'Vote',
  versions: [
    {
      request: z.object({
        type: z.literal('vote'),
        ...sender,
        candidateId: voterId,
        candidateDirectoryId: name,
        ...addressee,
        lastEpoch: epoch,
        endOffset: offset,
        preVote: z.boolean(),
      }),
      response: z.object({ type: z.literal('vote'), ...answer, granted: z.boolean() }),
    },
  ],
})

/** A leader makes itself known; Kafka's key. */
export const beginQuorumEpochApi = defineApi<BeginQuorumEpochRequest, BeginQuorumEpochResponse>({
  key: 53,
  name: 'BeginQuorumEpoch',
  versions: [
    {
      request: z.object({
        type: z.literal('begin-quorum-epoch'),
        ...sender,
        leaderId: voterId,
        leaderEndpoints: endpointsSchema.exactOptional(),
        ...addressee,
      }),
      response: z.object({ type: z.literal('begin-quorum-epoch'), ...answer }),
    },
  ],
})

/** A leader says goodbye; Kafka's key. */
export const endQuorumEpochApi = defineApi<EndQuorumEpochRequest, EndQuorumEpochResponse>({
  key: 54,
  name: 'EndQuorumEpoch',
  versions: [
    {
      request: z.object({
        type: z.literal('end-quorum-epoch'),
        ...sender,
        leaderId: voterId,
        preferredSuccessors: z.array(voterId).max(99),
      }),
      response: z.object({ type: z.literal('end-quorum-epoch'), ...answer }),
    },
  ],
})

/** From which offset on a read may go ahead; a key of ours, Kafka has none. */
export const readIndexApi = defineApi<ReadIndexRequest, ReadIndexResponse>({
  key: 1_020,
  name: 'ReadIndex',
  versions: [
    {
      request: z.object({ type: z.literal('read-index'), ...sender }),
      response: z.object({ type: z.literal('read-index'), ...answer, offset }),
    },
  ],
})

const snapshotId = z.object({ endOffset: offset, epoch })
const byteCount = z.int().nonnegative()

/** Batches for a follower or an observer; Kafka's key. */
export const fetchApi = defineApi<FetchRequest, FetchResponse>({
  key: 1,
  name: 'Fetch',
  versions: [{ request: fetchRequestCodec, response: fetchResponseCodec }],
})

/** A part of a snapshot; Kafka's key. */
export const fetchSnapshotApi = defineApi<FetchSnapshotRequest, FetchSnapshotResponse>({
  key: 59,
  name: 'FetchSnapshot',
  versions: [
    {
      request: z.object({
        type: z.literal('fetch-snapshot'),
        ...sender,
        replicaId: nodeId,
        replicaDirectoryId: name,
        isJoiner: z.literal(true).exactOptional(),
        snapshotId,
        position: byteCount,
        maxBytes: z.int().positive(),
      }),
      response: z.object({
        type: z.literal('fetch-snapshot'),
        ...answer,
        chunk: z
          .object({
            snapshotId,
            position: byteCount,
            bytes: z.instanceof(Uint8Array),
            timestampMs: z.int().nonnegative(),
            totalBytes: byteCount,
            checksum: z.int().nonnegative(),
          })
          .exactOptional(),
      }),
    },
  ],
})
