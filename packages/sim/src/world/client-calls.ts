import { type Outcome, RaftError, type SessionId, type SessionSequence } from '@quorate/raft'
import type { Append } from '../checks/appends.ts'
import type { Cluster } from './cluster.ts'
import type { SimulatedNode } from './node.ts'
import type { Process } from './process.ts'
import { encodeWrite, type RegisterWrite } from './register-machine.ts'

/** What clients ask of a node. A stopped process finds their writes when it goes on; one that died tells nobody anything. */
export class ClientCalls {
  readonly #cluster: Cluster
  readonly #node: SimulatedNode
  readonly #process: () => Process | undefined

  /** @param process - the one that runs on `node` now */
  constructor(cluster: Cluster, node: SimulatedNode, process: () => Process | undefined) {
    this.#cluster = cluster
    this.#node = node
    this.#process = process
  }

  /** A write of `count` records, to a node that takes itself for the leader. */
  propose(key: number, count: number): void {
    const process = this.#process()
    process?.clock.enter(() => this.#proposeNow(process, key, count))
  }

  /** Opens a session, or hears nothing. */
  openSession(told: (id: SessionId) => void): void {
    const process = this.#process()
    process?.clock.enter(() => {
      if (this.#process() !== process) return
      process.raft.openSession().then(
        (id) => {
          if (this.#process() === process) told(id)
        },
        () => undefined,
      )
      this.#cluster.touch(this.#node)
    })
  }

  /** A write in a session, which may be one that is repeated. `told` is called unless the process dies before. */
  proposeInSession(write: RegisterWrite, session: SessionSequence, told: (outcome: Outcome) => void): void {
    const process = this.#process()
    process?.clock.enter(() => {
      if (this.#process() !== process) return
      const { nextOffset } = process.raft
      try {
        const proposal = process.raft.propose(encodeWrite(write), { session })
        if (proposal.baseOffset < nextOffset) this.#cluster.reach.sessionRepeats += 1
        this.#cluster.trace(this.#node, 'propose', -1, proposal.epoch, proposal.baseOffset)
        void proposal.outcome.then((outcome) => {
          if (this.#process() === process) told(outcome)
        })
      } catch (error) {
        if (!(error instanceof RaftError)) throw error
        told({ status: 'rejected', error })
      }
      this.#cluster.touch(this.#node)
    })
  }

  /** A linearizable read, on any node. */
  read(): void {
    const process = this.#process()
    if (process === undefined || process.clock.isStopped) return
    const { appends, reach, safety } = this.#cluster
    const { status } = this.#node
    if (status?.role === 'leader' && safety.committed.lastEpoch > status.epoch) reach.readsAtOldLeaders += 1
    const mustSee = appends.readBegins()
    const { nowMs } = this.#cluster.time
    process.raft.read().then(
      (index) => {
        if (this.#process() !== process) return
        reach.reads += 1
        // Nobody can have been asked.
        if (this.#cluster.time.nowMs === nowMs && this.#cluster.voters.length > 1) reach.leaseReads += 1
        this.#cluster.onRead(this.#node, mustSee, index, process.machine.appliedOffset)
      },
      () => {
        reach.readsRefused += 1
      },
    )
  }

  #proposeNow(process: Process, key: number, count: number): void {
    if (this.#process() !== process || !this.#node.isLeader) return
    const { appends, reach } = this.#cluster
    const value = appends.newValue()
    try {
      const proposal = process.raft.propose(encodeWrite({ key, value }), { count })
      const append = appends.proposed(value, proposal)
      process.open.add(append)
      void proposal.outcome.then((outcome) => this.#onOutcome(process, append, outcome))
      this.#cluster.trace(this.#node, 'propose', -1, proposal.epoch, proposal.baseOffset)
    } catch (error) {
      if (!(error instanceof RaftError)) throw error
      reach.proposalsRefused += 1
      appends.refused(value)
    }
    this.#cluster.touch(this.#node)
  }

  #onOutcome(process: Process, append: Append, outcome: Outcome): void {
    process.open.delete(append)
    if (this.#process() === process) this.#cluster.onOutcome(this.#node, append, outcome)
  }
}
