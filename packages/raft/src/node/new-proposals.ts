import { bundle, bundleHeaderBytes } from '../bundle.ts'
import type { NewPayload } from '../core/events.ts'

/** The proposals of a turn that the core does not know of yet. They go into the log as one batch. */
export class NewProposals {
  #proposals: NewPayload[] = []
  #count = 0
  #bytes = 0

  /** Offsets they take. */
  get count(): number {
    return this.#count
  }

  /** Bytes they take in the log, headers included. */
  get bytes(): number {
    return this.#bytes
  }

  /** Bytes that they would take with another. */
  bytesWith(payload: Uint8Array): number {
    return this.#bytes + bundleHeaderBytes + payload.byteLength
  }

  add(proposal: NewPayload): void {
    this.#bytes = this.bytesWith(proposal.payload)
    this.#proposals.push(proposal)
    this.#count += proposal.count
  }

  /** All of them as one batch; they are the core's to append now. */
  take(): NewPayload | undefined {
    const proposals = this.#proposals
    if (proposals.length === 0) return undefined
    this.clear()
    return proposals.length === 1 ? proposals[0] : bundle(proposals)
  }

  clear(): void {
    this.#proposals = []
    this.#count = 0
    this.#bytes = 0
  }
}
