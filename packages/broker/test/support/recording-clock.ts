import type { Clock } from '@quorate/transport'
import { manualClock } from '@quorate/transport/testing'

/** A clock that stands still until the test moves it, and remembers what it was asked to wait for. */
export function recordingClock() {
  const manual = manualClock()
  const delays: number[] = []
  const clock: Clock = {
    ...manual,
    setTimer(delayMs, callback) {
      delays.push(delayMs)
      return manual.setTimer(delayMs, callback)
    },
  }
  return {
    clock,
    /** The delays of all timers that were ever set, in order, in milliseconds. */
    delays,
    advance: (ms: number) => manual.advance(ms),
    /** Lets the time of the timer that was set last go by. @returns its delay */
    async advanceToLast(): Promise<number | undefined> {
      const delay = delays.at(-1)
      await manual.advance(delay ?? 0)
      return delay
    },
    get pendingTimers() {
      return manual.pendingTimers
    },
  }
}
