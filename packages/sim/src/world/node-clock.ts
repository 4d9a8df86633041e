import type { Cancel, Clock } from '@quorate/transport'
import type { VirtualTime } from './virtual-time.ts'

/** Wall-clock milliseconds at which every run begins. */
const birthMs = 1_700_000_000_000

/** What is wrong with a machine's clock; it outlives the processes on the machine. */
export interface ClockFault {
  /** Milliseconds this clock counts for one of true time. */
  readonly rate: number
  /** How far the wall clock was set forward or back. Timeouts must not notice. */
  wallOffsetMs: number
}

/**
 * A process's clock, and the gate through which everything reaches it: while the process is stopped nothing happens to
 * it, although time goes on, and once it died nothing ever does.
 */
export class NodeClock implements Clock {
  readonly #time: VirtualTime
  readonly #fault: ClockFault
  #state: 'running' | 'stopped' | 'dead' = 'running'
  /** What happened to the process while it was stopped, in order. */
  #backlog: (() => void)[] = []
  /** True time at which it last began to run, in milliseconds. */
  runningSinceMs: number

  constructor(time: VirtualTime, fault: ClockFault) {
    this.#time = time
    this.#fault = fault
    this.runningSinceMs = time.nowMs
  }

  get isStopped(): boolean {
    return this.#state === 'stopped'
  }

  now(): number {
    return this.#time.nowMs * this.#fault.rate
  }

  wallTime(): number {
    return Math.max(0, Math.floor(birthMs + this.now() + this.#fault.wallOffsetMs))
  }

  setTimer(delayMs: number, callback: () => void): Cancel {
    let isCancelled = false
    const cancel = this.#time.setTimer(delayMs / this.#fault.rate, () =>
      this.enter(() => {
        if (!isCancelled) callback()
      }),
    )
    return () => {
      isCancelled = true
      cancel()
    }
  }

  /** Calls `happening` now, or when the process runs again. */
  enter(happening: () => void): void {
    if (this.#state === 'running') happening()
    else if (this.#state === 'stopped') this.#backlog.push(happening)
  }

  /** As SIGSTOP does. */
  stop(): void {
    if (this.#state === 'running') this.#state = 'stopped'
  }

  /** As SIGCONT does: everything that came in meanwhile happens now, in order. */
  resume(): void {
    if (this.#state !== 'stopped') return
    this.#state = 'running'
    this.runningSinceMs = this.#time.nowMs
    const backlog = this.#backlog
    this.#backlog = []
    // In one turn, as a process finds its sockets full when it wakes up.
    this.#time.setTimer(0, () => {
      for (const happening of backlog) this.enter(happening)
    })
  }

  /** The process is gone, and with it what it had not seen. */
  kill(): void {
    this.#state = 'dead'
    this.#backlog = []
  }
}
