import type { OpenLogOptions } from '@quorate/log'
import type { LogState, Step } from './model.ts'

/** How a campaign opens the log. */
export type LogLimits = Omit<OpenLogOptions, 'path' | 'database' | 'name' | 'now'>

/** What the writing process is asked to do. */
export type WriterRequest =
  /** Makes a log, then notes `created` in the journal. */
  | { readonly do: 'create'; readonly path: string; readonly journal: string }
  | { readonly do: 'open'; readonly path: string; readonly limits: LogLimits }
  | RunRequest
  | { readonly do: 'perform'; readonly step: Step }
  | { readonly do: 'close' }

/**
 * Performs the requests of a workload, and appends `acknowledged N` to the journal for each that resolved, after
 * `begins OFFSET` where the request said where the log begins now.
 */
export interface RunRequest {
  readonly do: 'run'
  readonly journal: string
  readonly seed: number
  /** What the log holds. */
  readonly start: LogState
  /** Requests under way at the same time, at most. */
  readonly callers: number
  /** Requests after which it stops. */
  readonly maxSteps: number
  /** Acknowledged requests after which it answers, while it goes on. */
  readonly answerAfter: number
}

/** What it says. `failure` is the code of the first error, if there was one. */
export interface WriterReply {
  readonly acknowledged: number
  readonly failure?: string
}
