import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Life } from './life.ts'

/** Lives of clusters in a thread of their own, one at a time. */
export class LifeThread implements AsyncDisposable {
  readonly #worker = new Worker(new URL('./live-in-thread.ts', import.meta.url))

  /** Runs the life that `seed` decides. Rejects if the thread dies. */
  async live(seed: number): Promise<Life> {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(seed)
    const [life] = (await once(this.#worker, 'message')) as [Life]
    return life
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}
