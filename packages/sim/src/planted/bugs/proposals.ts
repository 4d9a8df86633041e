import type { PlantedBug } from '../planted-bug.ts'

/** Mistakes with what the state machine and those who propose are told. */
export const proposalBugs: readonly PlantedBug[] = [
  {
    name: 'applies what is committed twice',
    edits: [
      {
        file: 'node/delivery.ts',
        find: '!this.#closed && !this.isReplacing && this.appliedOffset === from',
        replace: '!this.#closed',
      },
      {
        file: 'node/delivery.ts',
        find: 'const from = this.appliedOffset',
        replace: 'const from = this.appliedOffset\n    this.#busy = false',
      },
    ],
  },
  {
    name: 'tells of leadership before the past is applied',
    edits: [
      {
        file: 'node/delivery.ts',
        find: 'if (news.epochStart !== undefined && this.appliedOffset <= news.epochStart) return',
        replace: '',
      },
    ],
  },
  {
    name: 'calls a proposal rejected because another leader is there',
    edits: [
      {
        file: 'node/outcomes.ts',
        find: "return unknown('leadership was lost before it was committed', position)",
        replace:
          "return { status: 'rejected', error: new RaftError('RAFT_OVERWRITTEN', 'planted', { ...position }) }",
      },
    ],
  },
  {
    name: 'calls a proposal committed when it is on its own disk',
    edits: [
      {
        file: 'node/raft-driver.ts',
        find: 'timeoutMs: tuning.outcomeTimeoutMs,\n      appliedOffset: () => this.#delivery.appliedOffset,',
        replace:
          'timeoutMs: tuning.outcomeTimeoutMs,\n      appliedOffset: () => this.#core.durableEndOffset,',
      },
      {
        file: 'node/raft-driver.ts',
        find: "this.#step({ type: 'written', id })",
        replace: "this.#step({ type: 'written', id })\n    this.#outcomes.applied()",
      },
    ],
  },
  {
    name: 'calls a proposal committed when anything is at its offset',
    edits: [
      {
        file: 'node/outcomes.ts',
        find: 'if (committedEpoch === epoch) return',
        replace: 'if (committedEpoch >= epoch) return',
      },
    ],
  },
]
