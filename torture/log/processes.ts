import type { Offset } from '@quorate/log'
import type { Fault } from './faults.ts'
import type { Observation, ReadRequest } from './observation.ts'
import type { LogLimits } from './logs.ts'
import { endOffset } from './model.ts'
import type { LogState } from './model.ts'
import { Worker, WorkerExit } from './worker.ts'
import type { WriterReply, WriterRequest } from './writer-protocol.ts'

const scripts = {
  writer: new URL('writer.ts', import.meta.url),
  reader: new URL('reader.ts', import.meta.url),
}

export type Writer = Worker<WriterRequest, WriterReply>

/** Starts a process that writes, with `fault` planted in it. */
export function startWriter(
  fault: Fault | undefined,
  environment: Readonly<Record<string, string>> = {},
): Writer {
  return new Worker(
    scripts.writer,
    fault === undefined ? environment : { ...environment, TORTURE_FAULT: fault },
  )
}

/** How to read logs: as a caller with these limits does. */
export type ReadOptions = LogLimits & Partial<Pick<ReadRequest, 'create' | 'maxReadBytes'>>

/** Reads logs in a process of its own, and in a new one after LevelDB ended that. */
export class Reader {
  readonly #directory: string
  #process: Worker<ReadRequest, readonly Observation[]> | undefined

  /** @param directory for what the log puts aside: a process that LevelDB ends cleans nothing up */
  constructor(directory: string) {
    this.#directory = directory
  }

  /** Opens the logs in `path`, reads all of them and closes them. `expected` is what each should hold. */
  async read(
    path: string,
    expected: readonly LogState[],
    { create = false, maxReadBytes = 1024 * 1024, ...limits }: ReadOptions = {},
  ): Promise<readonly Observation[]> {
    this.#process ??= new Worker(scripts.reader, { TMPDIR: this.#directory })
    const probes = expected.map(probesOf)
    try {
      return await this.#process.request({ path, create, probes, maxReadBytes, limits })
    } catch (error) {
      await this.close()
      if (!(error instanceof WorkerExit)) throw error
      const { signal, code, said } = error.exit
      return expected.map(() => ({ opened: false, code: signal ?? `exit ${code}`, message: said }))
    }
  }

  async close(): Promise<void> {
    await this.#process?.kill()
    this.#process = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function probesOf(state: LogState): Offset[] {
  return [...state.batches.map(({ baseOffset }) => baseOffset), endOffset(state)]
}
