import { Meter } from './meter.ts'
import type { Load, Report } from './protocol.ts'

/** Submits from `load.inFlight` callers, each again once its last value was committed. Every submission is timed. */
export async function closedLoop(
  load: Load,
  submit: (value: Uint8Array) => Promise<unknown>,
): Promise<Report> {
  const value = Buffer.alloc(load.valueBytes, 7)
  const meter = new Meter(load)
  const caller = async (): Promise<void> => {
    let startedMs: number
    do {
      startedMs = performance.now()
      await submit(value)
    } while (meter.committed(startedMs))
  }
  await Promise.all(Array.from({ length: load.inFlight }, caller))
  return meter.result()
}
