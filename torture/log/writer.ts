/** The process that writes, until it is killed or its disk is full. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { LogError } from '@quorate/log'
import type { Batch, Log, Offset } from '@quorate/log'
import { plantFault } from './faults.ts'
import { createLogs, openLogs } from './logs.ts'
import type { Logs } from './logs.ts'
import type { ModelBatch, Step } from './model.ts'
import { payload } from './payload.ts'
import { Workload } from './workload.ts'
import type { RunRequest, Task, WriterReply, WriterRequest } from './writer-protocol.ts'

const acknowledgesEarly = plantFault(process.env['TORTURE_FAULT'])
let shared: Logs | undefined
let logs: Log[] = []

async function handle(request: WriterRequest): Promise<WriterReply> {
  if (request.do === 'create') {
    await createLogs(request.path, request.logs)
    note(request.journal, 'created\n')
  } else if (request.do === 'open') {
    const opening = await openLogs(request.path, request.logs, request.limits)
    logs = await Promise.all(Array.from({ length: request.logs }, (_, log) => opening.open(log)))
    shared = opening
  } else if (request.do === 'close') {
    for (const log of logs) await log.close()
    await shared?.close()
  } else if (request.do === 'perform') {
    for (const [log, step] of request.steps.entries()) await perform(logs[log]!, step, () => undefined)
  } else {
    return run(request)
  }
  return { acknowledged: 0 }
}

/** Appends `line` to the journal, in one piece: the recorder of syncs writes to it too. */
function note(journal: string, line: string): void {
  const file = openSync(journal, 'a')
  writeSync(file, line)
  closeSync(file)
}

function run(request: RunRequest): Promise<WriterReply> {
  const journal = openSync(request.journal, 'a')
  const { promise, resolve, reject } = Promise.withResolvers<WriterReply>()
  const stop = new AbortController()
  let acknowledged = 0
  let failure: string | undefined

  const caller = async (log: number, workload: Workload): Promise<void> => {
    while (workload.steps < request.maxSteps && !stop.signal.aborted) {
      const step = workload.next()
      const number = workload.steps
      const done = perform(logs[log]!, step, (offset) => writeSync(journal, `begins ${offset} ${log}\n`))
      if (!acknowledgesEarly) await done
      writeSync(journal, `acknowledged ${number} ${log}\n`)
      acknowledged += 1
      if (acknowledged === request.answerAfter) resolve({ acknowledged })
      await done
    }
  }
  const fail = (error: unknown): void => {
    stop.abort()
    if (error instanceof LogError) failure ??= error.code
    else reject(error)
  }
  const callersOf = ({ seed, start }: Task, log: number): Promise<void>[] => {
    const workload = new Workload(seed, start)
    return Array.from({ length: request.callers }, () => caller(log, workload).catch(fail))
  }
  const callers = request.tasks.flatMap(callersOf)
  void Promise.all([...callers, ...logs.map((log) => readUntil(stop.signal, log))]).then(() =>
    closeSync(journal),
  )
  void Promise.all(callers).then(() => {
    stop.abort()
    resolve(failure === undefined ? { acknowledged } : { acknowledged, failure })
  })
  return promise
}

/** @param began is told where the log begins now, if it says so */
async function perform(log: Log, step: Step, began: (offset: Offset) => void): Promise<void> {
  if (step.call === 'deleteBefore') {
    began(await log.deleteBefore(step.offset))
  } else if (step.call === 'reset') {
    await log.reset(step.offset, step.epoch)
  } else if (step.call === 'append') {
    const offsets = await log.append(step.batches.map(withPayload))
    const wanted = step.batches.map(({ baseOffset }) => baseOffset)
    if (offsets.join() !== wanted.join()) throw new Error(`offsets ${offsets.join()}, not ${wanted.join()}`)
  } else {
    const { call: _call, batches = [], ...rest } = step
    await log.write({ ...rest, batches: batches.map(withPayload) })
  }
}

function withPayload({ payloadId, payloadBytes, ...fields }: ModelBatch): Batch {
  return { ...fields, payload: payload(payloadId, payloadBytes) }
}

/** Reads beside the writers. That must fail as a read outside the log does, or not at all. */
async function readUntil(stop: AbortSignal, log: Log): Promise<void> {
  while (!stop.aborted) {
    try {
      await log.read(Math.max(log.startOffset, log.endOffset - 40))
    } catch (error) {
      const code = error instanceof LogError ? error.code : ''
      if (!['LOG_OFFSET_OUT_OF_RANGE', 'LOG_FAILED', 'LOG_CLOSED'].includes(code)) throw error
    }
    await delay(1)
  }
}

// A file that may grow no more is an error of the write, not the end of the process.
process.on('SIGXFSZ', () => undefined)
process.on('message', (request: WriterRequest) => {
  handle(request).then(
    (reply) => process.send?.(reply),
    (error: unknown) => {
      if (error instanceof LogError) process.send?.({ acknowledged: 0, failure: error.code })
      else throw error
    },
  )
})
process.send?.('ready')
