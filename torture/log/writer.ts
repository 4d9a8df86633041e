/** The process that writes, until it is killed or its disk is full. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { createLog, LogError, openLog } from '@quorate/log'
import type { Batch, Log } from '@quorate/log'
import { plantFault } from './faults.ts'
import type { ModelBatch, Step } from './model.ts'
import { payload } from './payload.ts'
import { Workload } from './workload.ts'
import type { RunRequest, WriterReply, WriterRequest } from './writer-protocol.ts'

const acknowledgesEarly = plantFault(process.env['TORTURE_FAULT'])
let log: Log | undefined

async function handle(request: WriterRequest): Promise<WriterReply> {
  if (request.do === 'create') {
    await createLog({ path: request.path })
    note(request.journal, 'created\n')
  } else if (request.do === 'open') {
    log = await openLog({ path: request.path, ...request.limits })
  } else if (request.do === 'close') {
    await log?.close()
  } else if (request.do === 'perform') {
    await perform(log!, request.step, () => undefined)
  } else {
    return run(log!, request)
  }
  return { acknowledged: 0 }
}

/** Appends `line` to the journal, in one piece: the recorder of syncs writes to it too. */
function note(journal: string, line: string): void {
  const file = openSync(journal, 'a')
  writeSync(file, line)
  closeSync(file)
}

function run(log: Log, request: RunRequest): Promise<WriterReply> {
  const workload = new Workload(request.seed, request.start)
  const journal = openSync(request.journal, 'a')
  const { promise, resolve, reject } = Promise.withResolvers<WriterReply>()
  const stop = new AbortController()
  let [taken, acknowledged] = [0, 0]
  let failure: string | undefined

  const caller = async (): Promise<void> => {
    while (taken < request.maxSteps && !stop.signal.aborted) {
      taken += 1
      const number = taken
      const done = perform(log, workload.next(), (line) => writeSync(journal, line))
      if (!acknowledgesEarly) await done
      writeSync(journal, `acknowledged ${number}\n`)
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
  const callers = Array.from({ length: request.callers }, () => caller().catch(fail))
  void Promise.all([...callers, readUntil(stop.signal, log)]).then(() => closeSync(journal))
  void Promise.all(callers).then(() => {
    stop.abort()
    resolve(failure === undefined ? { acknowledged } : { acknowledged, failure })
  })
  return promise
}

/** @param note takes a line for the journal */
async function perform(log: Log, step: Step, note: (line: string) => void): Promise<void> {
  if (step.call === 'deleteBefore') {
    note(`begins ${await log.deleteBefore(step.offset)}\n`)
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
