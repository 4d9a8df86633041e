/**
 * Puts off work until everything that the present event set off has run: all promise jobs, and those they cause.
 *
 * What many callers do because of one event, such as proposing again when their last proposal was committed, is then
 * there to be written and sent together.
 */
export class Turn {
  readonly #end: () => void
  #touched = false

  /** @param end - called once at the end of every turn that was touched */
  constructor(end: () => void) {
    this.#end = end
  }

  /** There is something to do at the end of this turn. */
  touch(): void {
    if (this.#touched) return
    this.#touched = true
    // A tick that is queued from a promise job runs after the last of them; one queued before would run ahead of them.
    queueMicrotask(() =>
      process.nextTick(() => {
        this.#touched = false
        this.#end()
      }),
    )
  }
}

/** Calls `action` when the answers that are ready now, however many promise jobs they take, were handed to the sockets. */
export function afterSending(action: () => void): void {
  // All ticks run before the next promise job, so the first of these jobs and ticks only wait for the answers' own: the
  // last of their jobs asks for the tick in which sockets are written, which comes before the second tick here.
  queueMicrotask(() => process.nextTick(() => process.nextTick(action)))
}
