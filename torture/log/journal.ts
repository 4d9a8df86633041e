import type { Offset } from '@quorate/log'

/** What happened to a folder and the logs in it, in the order in which it took effect. `sync-recorder.c` writes it. */
export type JournalEvent =
  | { readonly type: 'create' | 'directory'; readonly inode: number; readonly path: string }
  | { readonly type: 'rename'; readonly from: string; readonly path: string }
  | { readonly type: 'unlink' | 'remove'; readonly path: string }
  | { readonly type: 'written' | 'sync' | 'truncate'; readonly inode: number; readonly bytes: number }
  | { readonly type: 'syncdir' | 'overwrite'; readonly inode: number }
  /** The writer says that it made its logs. */
  | { readonly type: 'created' }
  /** The writer says that its request of this number to this log resolved. */
  | { readonly type: 'acknowledged'; readonly number: number; readonly log: number }
  /** The writer says that the log told it so. */
  | { readonly type: 'begins'; readonly offset: Offset; readonly log: number }

/** Reads a journal. What a killed process left of its last line does not count. */
export function parseJournal(text: string): JournalEvent[] {
  return text.split('\n').slice(0, -1).map(parseEvent)
}

/** The last request to `log` that `events` say was acknowledged, 0 if none. */
export function lastAcknowledged(events: readonly JournalEvent[], log: number): number {
  let last = 0
  for (const event of events)
    if (event.type === 'acknowledged' && event.log === log) last = Math.max(last, event.number)
  return last
}

/** Where `log` begins at least, as far as `events` say. */
export function lastBeginning(events: readonly JournalEvent[], log: number): Offset {
  let last = 0
  for (const event of events)
    if (event.type === 'begins' && event.log === log) last = Math.max(last, event.offset)
  return last
}

function parseEvent(line: string): JournalEvent {
  const [type, first = '', second = ''] = line.split(' ')
  switch (type) {
    case 'create':
    case 'directory':
      return { type, inode: Number(first), path: second }
    case 'rename':
      return { type, from: first, path: second }
    case 'unlink':
    case 'remove':
      return { type, path: first }
    case 'written':
    case 'sync':
    case 'truncate':
      return { type, inode: Number(first), bytes: Number(second) }
    case 'syncdir':
    case 'overwrite':
      return { type, inode: Number(first) }
    case 'created':
      return { type }
    case 'acknowledged':
      return { type, number: Number(first), log: Number(second) }
    case 'begins':
      return { type, offset: Number(first), log: Number(second) }
    default:
      throw new Error(`not an event of the journal: ${line}`)
  }
}
