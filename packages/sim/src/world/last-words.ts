import type { Cluster } from './cluster.ts'
import type { SimulatedNode } from './node.ts'

/** Which messages a sender may not survive sending. */
export type Word = 'anything' | 'vote-request' | 'granted-vote' | 'fetch' | 'batches'

/** What a cluster's processes die of, beside what is done to them. */
export interface LastWordsOptions {
  readonly what: Word
  /** Share of such messages whose sender dies. */
  readonly rate: number
  /** Share of the snapshots whose completion the process does not survive. */
  readonly snapshotRate: number
  /** How long a process stays away at most. */
  readonly absenceMs: number
}

/** Has processes die right after they spoke, or finished a snapshot: the moment at which forgetting something hurts most. */
export class LastWords {
  readonly #cluster: Cluster
  readonly #options: LastWordsOptions
  #areOver = false

  constructor(cluster: Cluster, options: LastWordsOptions) {
    this.#cluster = cluster
    this.#options = options
  }

  /** From now on nobody dies of what it does. */
  end(): void {
    this.#areOver = true
  }

  /** `node` said this. */
  spoken(node: SimulatedNode, word: Word): void {
    const { what, rate } = this.#options
    if (what !== 'anything' && what !== word) return
    if (this.#mayDie(node, rate)) this.#cluster.reach.crashesAfterSending += 1
  }

  /** A snapshot is complete on the disk of `node`. */
  snapshotCompleted(node: SimulatedNode): void {
    if (this.#mayDie(node, this.#options.snapshotRate)) this.#cluster.reach.crashesAfterSnapshot += 1
  }

  /** At a chance of `rate`, the process of `node` dies before anything else happens, and another starts soon. */
  #mayDie(node: SimulatedNode, rate: number): boolean {
    const { random, time } = this.#cluster
    if (this.#areOver || rate === 0 || !random.chance(rate)) return false
    const { life } = node
    time.setTimer(0, () => {
      if (!node.isUp || node.life !== life) return
      node.kill()
      const absenceMs = random() * random() * this.#options.absenceMs
      time.setTimer(absenceMs, () => void node.start())
    })
    return true
  }
}
