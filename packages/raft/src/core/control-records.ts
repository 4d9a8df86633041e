import { type Batch, BatchAttribute, type Epoch, type Offset } from '@quorate/log'
import type { NodeId } from '../messages.ts'

/** First record of every epoch: gives the leader something of its own to commit (Raft §5.4.2 and §8). */
export interface LeaderChangeRecord {
  readonly type: 'leader-change'
  readonly version: 0
  readonly leaderId: NodeId
  readonly voters: readonly NodeId[]
  readonly grantedBy: readonly NodeId[]
}

/** Records of the consensus layer. One makes a batch of its own, marked with {@link BatchAttribute.control}. */
export type ControlRecord = LeaderChangeRecord

/** Control records are rare and read by people in dumps, so their payload is JSON. */
function encodeControlRecord(record: ControlRecord): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record))
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
