/** The process that opens logs, reads all of them and says what it saw. LevelDB may end it: that is an answer too. */
import { LogError } from '@quorate/log'
import type { Batch, Log, Offset } from '@quorate/log'
import type { Observation, ReadRequest, ServedBatch } from './observation.ts'
import { createLogs, openLogs } from './logs.ts'
import type { Logs } from './logs.ts'
import { fingerprint } from './payload.ts'

async function observeAll({
  path,
  create,
  probes,
  maxReadBytes,
  limits,
}: ReadRequest): Promise<Observation[]> {
  let logs: Logs
  try {
    if (create) await createLogs(path, probes.length)
    logs = await openLogs(path, probes.length, limits)
  } catch (error) {
    return probes.map(() => ({ opened: false, ...describe(error) }))
  }
  try {
    const observations: Observation[] = []
    for (const [log, own] of probes.entries())
      observations.push(await observe(() => logs.open(log), own, maxReadBytes))
    return observations
  } finally {
    await logs.close()
  }
}

async function observe(
  open: () => Promise<Log>,
  probes: readonly Offset[],
  maxReadBytes: number,
): Promise<Observation> {
  let log: Log
  try {
    log = await open()
  } catch (error) {
    return { opened: false, ...describe(error) }
  }
  try {
    const errors: { offset: Offset; code: string }[] = []
    const inOrder: ServedBatch[] = []
    for (let from = log.startOffset; from < log.endOffset;) {
      try {
        const batches = await log.read(from, { maxBytes: maxReadBytes })
        const last = batches.at(-1)
        if (last === undefined) throw new Error(`nothing at ${from}, but the log ends at ${log.endOffset}`)
        inOrder.push(...batches.map(served))
        from = last.baseOffset + last.count
      } catch (error) {
        const { code } = describe(error)
        errors.push({ offset: from, code })
        from = probes.find((probe) => probe > from) ?? log.endOffset
      }
    }
    const again: ServedBatch[] = []
    for (let index = 0; index < probes.length; index += 7) {
      const batches = await log.read(probes[index]!, { maxBytes: 1 }).catch(() => [])
      again.push(...batches.map(served))
    }
    const { startOffset, endOffset, epochs, hardState } = log
    const damaged = log.recovery.state === 'damaged'
    return { opened: true, damaged, startOffset, endOffset, epochs, hardState, inOrder, again, errors }
  } finally {
    await log.close()
  }
}

function served({ payload, ...fields }: Batch): ServedBatch {
  return { ...fields, fingerprint: fingerprint(payload) }
}

/** An error without a code of ours says that something was not thought of. */
function describe(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  return { code: error instanceof LogError ? error.code : 'no code', message }
}

process.on('message', (request: ReadRequest) => {
  void observeAll(request).then((observations) => process.send?.(observations))
})
process.send?.('ready')
