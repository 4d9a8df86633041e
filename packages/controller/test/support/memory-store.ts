import type { Decision, Store, StoreLeadership } from '@quorate/store'
import { StoreError } from '@quorate/store'
import type { MetadataImage } from '../../src/image/image.ts'
import type { MetadataRecord } from '../../src/records.ts'
import { Model } from './model.ts'

/** A store without a quorum: what is decided is committed, and the test says who leads. */
export class MemoryStore implements Store<MetadataImage, MetadataRecord> {
  readonly model: Model
  readonly failed = new Promise<Error>(() => undefined)
  leadership: StoreLeadership = { epoch: 0, leaderId: undefined, leading: false }
  /** What the next writes reject with instead of being committed. */
  readonly failures: Error[] = []
  /** Decisions wait for it. */
  held: Promise<void> | undefined
  #changed = Promise.withResolvers<void>()

  constructor(records: readonly MetadataRecord[] = []) {
    this.model = new Model(records)
  }

  get image(): MetadataImage {
    return this.model.image
  }

  get offset(): number {
    return this.model.offset
  }

  lead(epoch: number): void {
    this.#become({ epoch, leaderId: 0, leading: true })
  }

  follow(epoch: number, leaderId: number | undefined): void {
    this.#become({ epoch, leaderId, leading: false })
  }

  async write<Response>(
    decide: (image: MetadataImage, next: number) => Decision<MetadataRecord, Response>,
  ): Promise<Response> {
    if (!this.leadership.leading) throw new StoreError('STORE_NOT_LEADER', 'this node does not lead')
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    if (this.held !== undefined) await this.held
    return this.model.run(decide)
  }

  async *leaderships({ signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<StoreLeadership> {
    const aborted = new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve())
    })
    for (;;) {
      const changed = this.#changed.promise
      if (signal?.aborted === true) return
      yield this.leadership
      await Promise.race([changed, aborted])
    }
  }

  async barrier(): Promise<number> {
    return ++this.model.offset
  }

  changes(): never {
    throw new Error('nobody reads changes here')
  }

  reached(): never {
    throw new Error('nobody waits for an offset here')
  }

  status(): never {
    throw new Error('there is no quorum here')
  }

  async close(): Promise<void> {
    this.follow(this.leadership.epoch, undefined)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #become(leadership: StoreLeadership): void {
    this.leadership = leadership
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
