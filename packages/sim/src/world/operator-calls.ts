import { LogError } from '@quorate/log'
import { type NamedVoter, RaftError, type Voter } from '@quorate/raft'
import type { Cluster } from './cluster.ts'
import type { SimulatedNode } from './node.ts'
import type { Process } from './process.ts'

/** What operators ask of a node. It is asked nothing while its process is stopped. */
export class OperatorCalls {
  readonly #cluster: Cluster
  readonly #node: SimulatedNode
  readonly #process: () => Process | undefined

  /** @param process - the one that runs on `node` now */
  constructor(cluster: Cluster, node: SimulatedNode, process: () => Process | undefined) {
    this.#cluster = cluster
    this.#node = node
    this.#process = process
  }

  /** Gives up leadership, if it has it. */
  resign(): void {
    const process = this.#leading()
    if (process === undefined) return
    this.#node.isResigning = true
    this.#cluster.reach.resignations += 1
    process.raft.resign()
    this.#cluster.touch(this.#node)
  }

  /** Makes a snapshot. */
  snapshot(): void {
    const process = this.#process()
    if (process === undefined || process.clock.isStopped) return
    process.raft.snapshot().catch((error: unknown) => {
      if (!(error instanceof RaftError) && !(error instanceof LogError)) throw error
    })
  }

  /** Hands leadership to another voter, if it has it. */
  transfer(): void {
    const process = this.#leading()
    if (process === undefined) return
    this.#node.isResigning = true
    process.raft.transferLeadership().then(
      () => {
        this.#cluster.reach.transfers += 1
      },
      () => undefined,
    )
    this.#cluster.touch(this.#node)
  }

  /** Adds or removes a voter, so that `planned` will be the voters, if it leads. */
  changeVoters(
    kind: 'add' | 'remove',
    voter: NamedVoter,
    planned: readonly Voter[],
    timeoutMs: number,
  ): void {
    const process = this.#leading()
    if (process === undefined) return
    const { reach } = this.#cluster
    const isItself = kind === 'remove' && voter.id === this.#node.id
    if (isItself) this.#node.isResigning = true
    this.#cluster.trace(this.#node, 'voters', voter.id, -1, -1, kind)
    process.planned.add(planned)
    const { raft } = process
    const changed =
      kind === 'add' ? raft.addVoter(voter, { timeoutMs }) : raft.removeVoter(voter, { timeoutMs })
    changed
      .then(
        () => {
          if (isItself) reach.leadersRemoved += 1
          reach[kind === 'add' ? 'votersAdded' : 'votersRemoved'] += 1
        },
        ({ code }: RaftError) => {
          reach[code === 'RAFT_CHANGE_UNKNOWN' ? 'voterChangesUnknown' : 'voterChangesRefused'] += 1
        },
      )
      .finally(() => process.planned.delete(planned))
    this.#cluster.touch(this.#node)
  }

  #leading(): Process | undefined {
    const process = this.#process()
    return process !== undefined && this.#node.isLeader && !process.clock.isStopped ? process : undefined
  }
}
