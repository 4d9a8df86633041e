import type { LogLimits } from './logs.ts'
import type { LogState, Step } from './model.ts'

/** What the writing process is asked to do. */
export type WriterRequest =
  /** Makes so many logs, then notes `created` in the journal. */
  | { readonly do: 'create'; readonly path: string; readonly journal: string; readonly logs: number }
  | { readonly do: 'open'; readonly path: string; readonly limits: LogLimits; readonly logs: number }
  | RunRequest
  /** Performs one request, in every log. */
  | { readonly do: 'perform'; readonly steps: readonly Step[] }
  | { readonly do: 'close' }

/** What is asked of one log. */
export interface Task {
  /** Of its workload. */
  readonly seed: number
  /** What the log holds. */
  readonly start: LogState
}

/**
 * Performs the requests of workloads, and appends `acknowledged N LOG` to the journal for each that resolved, after
 * `begins OFFSET LOG` where the request said where the log begins now.
 */
export interface RunRequest {
  readonly do: 'run'
  readonly journal: string
  /** One for each log. They are carried out at the same time. */
  readonly tasks: readonly Task[]
  /** Requests under way at the same time in each log, at most. */
  readonly callers: number
  /** Requests of each log after which it stops. */
  readonly maxSteps: number
  /** Acknowledged requests of all logs after which it answers, while it goes on. */
  readonly answerAfter: number
}

/** What it says. `failure` is the code of the first error, if there was one. */
export interface WriterReply {
  readonly acknowledged: number
  readonly failure?: string
}
