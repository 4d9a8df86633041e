import { encodings } from '../database.ts'
import type { LogDatabase } from '../database.ts'
import { markOperation } from './mark.ts'

/**
 * A database that is written to once at a time, and not at all after a write has failed, by whomever: LevelDB may
 * acknowledge writes after one that failed, and lose them.
 */
export class SingleWriterDatabase implements LogDatabase {
  readonly #database: LogDatabase
  readonly #onWritten: () => void
  #writing: Promise<void> = Promise.resolve()

  /** `onWritten` is called when a batch is durable, before its caller knows. */
  constructor(database: LogDatabase, onWritten: () => void) {
    this.#database = database
    this.#onWritten = onWritten
  }

  batch(...[operations, options]: Parameters<LogDatabase['batch']>): Promise<void> {
    return this.#inTurn(async () => {
      await this.#database.batch(operations, options)
      this.#onWritten()
    })
  }

  /** Writes a mark behind everything that was written, or asked to be. */
  putMark(mark: number): Promise<void> {
    return this.#inTurn(() => this.#database.batch([markOperation(mark)], { ...encodings, sync: true }))
  }

  /** A failure stays in the chain, so every later write rejects with it. */
  #inTurn(write: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(write)
    return this.#writing
  }

  open(...args: Parameters<LogDatabase['open']>): ReturnType<LogDatabase['open']> {
    return this.#database.open(...args)
  }

  get(...args: Parameters<LogDatabase['get']>): ReturnType<LogDatabase['get']> {
    return this.#database.get(...args)
  }

  has(...args: Parameters<LogDatabase['has']>): ReturnType<LogDatabase['has']> {
    return this.#database.has(...args)
  }

  keys(...args: Parameters<LogDatabase['keys']>): ReturnType<LogDatabase['keys']> {
    return this.#database.keys(...args)
  }

  values(...args: Parameters<LogDatabase['values']>): ReturnType<LogDatabase['values']> {
    return this.#database.values(...args)
  }

  iterator(...args: Parameters<LogDatabase['iterator']>): ReturnType<LogDatabase['iterator']> {
    return this.#database.iterator(...args)
  }

  async compactRange(...args: Parameters<NonNullable<LogDatabase['compactRange']>>): Promise<void> {
    await this.#database.compactRange?.(...args)
  }
}
