import type { Offset } from '@quorate/log'
import { RaftError } from '../errors.ts'
import type { NodeId } from '../messages.ts'
import type { Cancel, Clock } from '../ports.ts'

/** Reads that were asked of this node while it leads, until the core says from which offset on they may go ahead. */
export class PendingReads {
  readonly #reads = new Map<number, PromiseWithResolvers<Offset>>()
  #nextId = 1

  /** @returns the id to ask the core with, and what becomes of the read */
  add(): { readonly readId: number; readonly index: Promise<Offset> } {
    const readId = this.#nextId
    this.#nextId += 1
    const read = Promise.withResolvers<Offset>()
    this.#reads.set(readId, read)
    return { readId, index: read.promise }
  }

  resolve(readId: number, offset: Offset): void {
    this.#reads.get(readId)?.resolve(offset)
    this.#reads.delete(readId)
  }

  reject(readId: number, error: RaftError): void {
    this.#reads.get(readId)?.reject(error)
    this.#reads.delete(readId)
  }

  rejectAll(error: RaftError): void {
    for (const read of this.#reads.values()) read.reject(error)
    this.#reads.clear()
  }
}

/** The transfer of leadership under way, of which there is one at most. */
export class PendingTransfer {
  readonly #clock: Clock
  readonly #limitMs: number
  #current: { readonly call: PromiseWithResolvers<NodeId>; readonly cancel: Cancel } | undefined

  /** @param limitMs - after this a new leader should have been heard of */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#limitMs = limitMs
  }

  /** @throws RAFT_TRANSFER_FAILED while another is under way, or when no new leader is heard of in time */
  begin(): Promise<NodeId> {
    if (this.#current !== undefined) {
      throw new RaftError('RAFT_TRANSFER_FAILED', 'another transfer is under way')
    }
    const call = Promise.withResolvers<NodeId>()
    const cancel = this.#clock.setTimer(this.#limitMs, () =>
      this.fail(`no new leader was heard of within ${this.#limitMs} ms`),
    )
    this.#current = { call, cancel }
    return call.promise
  }

  /** Another node leads: the transfer succeeded, whoever it is. */
  succeed(leaderId: NodeId): void {
    this.#settle()?.resolve(leaderId)
  }

  fail(why: string): void {
    this.#settle()?.reject(new RaftError('RAFT_TRANSFER_FAILED', why))
  }

  #settle(): PromiseWithResolvers<NodeId> | undefined {
    const current = this.#current
    this.#current = undefined
    current?.cancel()
    return current?.call
  }
}
