import { assertInvariant, type Batch, BatchAttribute, type Epoch, type Offset } from '@quorate/log'
import { z } from 'zod'
import type { NodeId, Voter } from '../messages.ts'
import { votersSchema } from './voter-schema.ts'

/** Numbers of the control records; Kafka's. They are never used for anything else. */
export const ControlRecordType = { leaderChange: 2, voters: 6 } as const

/** First record of every epoch: gives the leader something of its own to commit (Raft §5.4.2 and §8). */
export interface LeaderChangeRecord {
  readonly type: typeof ControlRecordType.leaderChange
  readonly version: 0
  readonly leaderId: NodeId
  readonly voters: readonly NodeId[]
  readonly grantedBy: readonly NodeId[]
}

/** Names the voters from its own offset on (KIP-853). Never more than one voter is added or removed by one record. */
export interface VotersRecord {
  readonly type: typeof ControlRecordType.voters
  readonly version: 0
  /** Ascending by id, each id once. */
  readonly voters: readonly Voter[]
  /** Set when no quorum decided it: the majority was lost, and one node was made the only voter by hand. */
  readonly recovery?: VotersRecovery
}

/** The trace that a recovery from the loss of a majority leaves in the log. */
export interface VotersRecovery {
  readonly previousVoters: readonly Voter[]
  /** Epoch that the log had reached. */
  readonly previousEpoch: Epoch
  /** Why, in the words of whoever did it. */
  readonly reason: string
}

/** Records of the consensus layer. One makes a batch of its own, marked with {@link BatchAttribute.control}. */
export type ControlRecord = LeaderChangeRecord | VotersRecord

const votersRecordSchema = z.object({
  type: z.literal(ControlRecordType.voters),
  version: z.literal(0),
  voters: votersSchema.min(1),
})

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Control records are rare and read by people in dumps, so their payload is JSON. */
function encodeControlRecord(record: ControlRecord): Uint8Array {
  return encoder.encode(JSON.stringify(record))
}

/** Whether `batch` belongs to the consensus layer, so that a state machine only counts its offsets. */
export function isControlBatch(batch: Batch): boolean {
  return (batch.attributes & BatchAttribute.control) !== 0
}

/** A batch that holds `record` alone. */
export function controlBatch(
  record: ControlRecord,
  baseOffset: Offset,
  epoch: Epoch,
  timestampMs: number,
): Batch {
  const payload = encodeControlRecord(record)
  return { baseOffset, count: 1, epoch, timestampMs, attributes: BatchAttribute.control, payload }
}

/**
 * The voters that `batch` names, `undefined` if it is about something else.
 *
 * @throws InvariantError for a record of voters that cannot be understood: who counts is nothing to guess about
 */
export function votersIn(batch: Batch): readonly Voter[] | undefined {
  if (!isControlBatch(batch)) return undefined
  const record: unknown = JSON.parse(decoder.decode(batch.payload))
  if (!isOfType(record, ControlRecordType.voters)) return undefined
  const parsed = votersRecordSchema.safeParse(record)
  assertInvariant(parsed.success, 'a record of voters is of a version that this release knows')
  return parsed.data.voters
}

function isOfType(record: unknown, type: number): boolean {
  return typeof record === 'object' && record !== null && 'type' in record && record.type === type
}
