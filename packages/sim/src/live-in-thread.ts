/** A thread that lives one life after the other: it is told seeds, and tells what came of each. */
import { parentPort } from 'node:worker_threads'
import { live } from './life.ts'

parentPort?.on('message', (seed: number) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  void live(seed).then((life) => parentPort?.postMessage(life))
})
