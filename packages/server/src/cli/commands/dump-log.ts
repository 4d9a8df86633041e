import { access } from 'node:fs/promises'
import { type Batch, type Log, LogError, nextOffset, type Offset, openLog } from '@quorate/log'
import { layoutOf } from '../../directory/layout.ts'
import { ServerError } from '../../errors.ts'
import { batchColumns, batchJson, batchLine, summaryLine, summaryOf } from '../../render/batch-view.ts'
import { paint, type Terminal } from '../terminal.ts'

/** What `quorate log dump` was called with. */
export interface DumpLogCommand {
  /** Data directory of a node, or the directory of a log. */
  readonly directory: string
  /** Which log of the directory. @default 'log' */
  readonly name?: string
  /** Offset to begin with. @default the log's start */
  readonly from?: Offset
  /** Offset to stop before. @default the log's end */
  readonly to?: Offset
  /** One JSON document a line instead of a table. */
  readonly json?: boolean
  /** Read and verify everything, and print only what it comes to. */
  readonly verify?: boolean
}

/**
 * Prints the batches of a log that no process has open, and verifies every one of them. Changes nothing but the lock.
 *
 * A damaged log is printed as far as it can be trusted; then the command fails with what is wrong.
 *
 * @throws USAGE (`--from` behind `--to`), LOG_NOT_FOUND, LOG_LOCKED, LOG_DAMAGED, LOG_CORRUPT, LOG_OFFSET_OUT_OF_RANGE, LOG_IO
 */
export async function dumpLogCommand(command: DumpLogCommand, terminal: Terminal): Promise<void> {
  const { json = false, verify = false } = command
  const path = await logPathOf(command.directory)
  await using log = await openLog({
    path,
    ...(command.name !== undefined && { name: command.name }),
    readOnly: true,
    allowDamaged: true,
  })
  const { from, to } = rangeOf(command, log)
  const summary = summaryOf(from)
  if (!json && !verify) terminal.print(paint(terminal, 'bold', batchColumns))
  for await (const batch of batchesOf(log, from, to)) {
    terminal.signal.throwIfAborted()
    summary.add(batch)
    if (!verify) terminal.print(json ? JSON.stringify(batchJson(batch)) : batchLine(batch))
  }
  if (verify) terminal.print(json ? JSON.stringify(summary.totals()) : summaryLine(summary.totals()))
  else if (!json) terminal.print(paint(terminal, 'dim', summaryLine(summary.totals())))
  failIfDamaged(path, log)
}

/** A node keeps its metadata log in a directory below its own. */
async function logPathOf(directory: string): Promise<string> {
  const { identity, log } = layoutOf(directory)
  try {
    await access(identity)
    return log
  } catch {
    return directory
  }
}

function rangeOf(command: DumpLogCommand, log: Log): { readonly from: Offset; readonly to: Offset } {
  const { startOffset, endOffset } = log
  const { from = startOffset, to = endOffset } = command
  if (from < startOffset || from > endOffset)
    throw new LogError(
      'LOG_OFFSET_OUT_OF_RANGE',
      `cannot begin at ${from}: the log reaches from ${startOffset} to ${endOffset}`,
    )
  if (from > to) throw new ServerError('USAGE', `--from ${from} is behind --to ${to}`, 'Exchange them')
  return { from, to: Math.min(to, endOffset) }
}

async function* batchesOf(log: Log, from: Offset, to: Offset): AsyncGenerator<Batch> {
  for (let position = from; position < to;) {
    for (const batch of await readUntilDamage(log, position)) {
      if (batch.baseOffset >= to) return
      yield batch
      position = nextOffset(batch)
    }
  }
}

/** A read that meets damage gives nothing at all; one batch at a time, it gives what stands before it. */
async function readUntilDamage(log: Log, position: Offset): Promise<readonly Batch[]> {
  try {
    return await log.read(position)
  } catch (error) {
    if (error instanceof LogError && error.code === 'LOG_CORRUPT') return log.read(position, { maxBytes: 0 })
    throw error
  }
}

function failIfDamaged(path: string, { recovery }: Log): void {
  if (recovery.state !== 'damaged') return
  const what = recovery.findings.map(({ file, detail }) =>
    file === undefined ? detail : `${file}: ${detail}`,
  )
  throw new LogError('LOG_DAMAGED', `the log in ${path} is damaged: ${what.join('; ')}`)
}
