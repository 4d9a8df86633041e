import { ControllerError } from '../errors.ts'

/** Why one item of a request failed, as its result carries it. */
export interface Failure {
  readonly error: string
  readonly message: string
}

/** What `attempt` returns, or the refusal it throws, as data: the other items of the request go on. */
export function perItem<Result>(attempt: () => Result): Result | Failure {
  try {
    return attempt()
  } catch (error) {
    if (!(error instanceof ControllerError)) throw error
    return { error: error.code, message: error.message }
  }
}
