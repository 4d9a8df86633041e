import type { Epoch, Offset } from '@quorate/log'
import { type Outcome, RaftError, type SessionId } from '@quorate/raft'
import type { SeededRandom } from './random.ts'
import type { Cluster } from './world/cluster.ts'

/** A write that is proposed until its outcome is known. */
interface Write {
  readonly key: number
  readonly value: number
  /** Everything before it was known to be committed when it was first proposed. */
  readonly after: Offset
}

/**
 * A client that writes one value after the other, and proposes each again, in the same place of its session, until it hears that it
 * is committed: on whoever takes itself for the leader, and also while an earlier attempt is under way.
 *
 * That no value is committed twice is checked with all others.
 */
export class SessionClient {
  readonly #cluster: Cluster
  readonly #random: SeededRandom
  #session: SessionId | undefined
  #isOpening = false
  #sequence = 1
  /** Of what it knows to be committed. A leader of an earlier one was replaced, and knows less than this client. */
  #lastEpoch: Epoch = 0
  #write: Write | undefined

  constructor(cluster: Cluster, random: SeededRandom) {
    this.#cluster = cluster
    this.#random = random
  }

  /** Proposes what is next, or once more what is open. */
  step(): void {
    const leaders = this.#cluster.nodes.filter((node) => node.isLeader)
    if (leaders.length === 0) return
    const node = this.#random.pick(leaders)
    const session = this.#session
    if (session === undefined) {
      if (this.#isOpening && this.#random.chance(0.8)) return
      this.#isOpening = true
      node.clients.openSession((id) => this.#opened(id))
      return
    }
    const { appends, reach } = this.#cluster
    if (this.#write === undefined) {
      this.#write = { key: this.#random.upTo(8), value: appends.newValue(), after: appends.readBegins() }
    } else {
      reach.sessionRetries += 1
    }
    const [write, sequence] = [this.#write, this.#sequence]
    // A connection that breaks has some clients ask again before the first attempt has got anywhere.
    for (let attempts = this.#random.chance(0.3) ? 2 : 1; attempts > 0; attempts -= 1) {
      node.clients.proposeInSession(write, { id: session, sequence }, (outcome) => this.#told(write, outcome))
    }
  }

  #opened(id: SessionId): void {
    if (this.#session !== undefined) return
    this.#cluster.reach.sessionsOpened += 1
    this.#session = id
    this.#isOpening = false
    this.#sequence = 1
    this.#write = undefined
  }

  #told(write: Write, outcome: Outcome): void {
    // Another attempt was faster.
    if (this.#write !== write) return
    if (outcome.status === 'committed') {
      this.#cluster.onSessionOutcome({ value: write.value, after: write.after, proposal: outcome })
      this.#lastEpoch = Math.max(this.#lastEpoch, outcome.epoch)
      this.#write = undefined
      this.#sequence += 1
      return
    }
    if (!(outcome.error instanceof RaftError)) return
    const { code, details } = outcome.error
    if (Number(details['epoch']) < this.#lastEpoch) return
    if (code === 'RAFT_SEQUENCE_OUT_OF_ORDER') this.#cluster.onSequenceRefused(outcome.error)
    if (code !== 'RAFT_SESSION_EXPIRED') return
    // What became of the open write, nobody can say any more.
    this.#cluster.reach.sessionsExpired += 1
    this.#session = undefined
    this.#isOpening = false
    this.#write = undefined
  }
}
