import type { LogWrite } from '@quorate/log'
import type { RaftRequest, RaftResponse } from '../../../src/messages.ts'

/** One thing that a node did. */
export interface Line {
  readonly node: number
  readonly event: string
  readonly peer?: number | undefined
  readonly epoch?: number | undefined
  readonly offset?: number | undefined
  readonly detail?: string | undefined
}

type Columns = Pick<Line, 'epoch' | 'offset' | 'detail'>

/** What the columns of {@link formatLine} are. */
export const heading = '  node  event    peer  epoch  offset  detail'

/** Fixed columns, as the traces of the simulator have them. */
export function formatLine({ node, event, peer, epoch, offset, detail }: Line): string {
  const columns = `${String(node).padStart(6)}  ${event.padEnd(7)}${column(peer, 6)}${column(epoch, 7)}${column(offset, 8)}`
  return detail === undefined ? columns : `${columns}  ${detail}`
}

function column(value: number | undefined, width: number): string {
  return (value === undefined ? '.' : String(value)).padStart(width)
}

/** Offset: where the log of a candidate ends, or where a fetch begins. */
export function describeRequest(request: RaftRequest): Columns {
  const { epoch } = request
  switch (request.type) {
    case 'vote':
      return { epoch, offset: request.endOffset, detail: request.preVote ? 'pre-vote' : 'vote' }
    case 'fetch':
      return { epoch, offset: request.fetchOffset, detail: `fetch, after epoch ${request.lastFetchedEpoch}` }
    case 'end-quorum-epoch':
      return { epoch, detail: `end-quorum-epoch, then ${request.preferredSuccessors.join(', ')}` }
    default:
      return { epoch, detail: request.type }
  }
}

/** Offset: the high watermark of whoever answers a fetch. */
export function describeAnswer(response: RaftResponse): Columns {
  const { epoch, error } = response
  if (response.type === 'vote' && error === undefined) {
    return { epoch, detail: response.granted ? 'granted' : 'refused' }
  }
  if (error !== undefined) return { epoch, detail: error }
  if (response.type === 'read-index') return { epoch, offset: response.offset, detail: 'read-index' }
  if (response.type !== 'fetch') return { epoch, detail: response.type }
  const { highWatermark: offset, divergingEpoch, batches } = response
  if (divergingEpoch !== undefined) {
    return { epoch, offset, detail: `parts at ${divergingEpoch.endOffset} of epoch ${divergingEpoch.epoch}` }
  }
  const records = batches.reduce((sum, { count }) => sum + count, 0)
  return { epoch, offset, detail: records === 0 ? 'nothing new' : counted(records) }
}

/** Offset: where what is written begins, or where the log is cut. */
export function describeWrite({ truncateTo, batches = [], hardState }: LogWrite): Columns {
  const parts: string[] = []
  if (truncateTo !== undefined) parts.push('cut')
  if (hardState !== undefined) {
    parts.push(hardState.vote === undefined ? 'epoch' : `vote for ${hardState.vote.id}`)
  }
  const records = batches.reduce((sum, { count }) => sum + count, 0)
  if (records > 0) parts.push(counted(records))
  return {
    epoch: hardState?.epoch ?? batches.at(-1)?.epoch,
    offset: truncateTo ?? batches[0]?.baseOffset,
    detail: parts.join(', '),
  }
}

function counted(records: number): string {
  return records === 1 ? '1 record' : `${records} records`
}
