import type { PlantedBug } from '../planted-bug.ts'

/** Mistakes with epochs, votes, and who leads. */
export const electionBugs: readonly PlantedBug[] = [
  {
    name: 'votes twice in an epoch',
    edits: [
      {
        file: 'core/election.ts',
        find: 'return vote.id === request.candidateId && vote.directoryId === request.candidateDirectoryId',
        replace: 'return true',
      },
    ],
  },
  {
    name: 'forgets its vote at restart',
    edits: [
      {
        file: 'core/replica.ts',
        find: 'this.#vote = start.hardState?.epoch === this.#epoch ? start.hardState.vote : undefined',
        replace: 'this.#vote = undefined',
      },
    ],
  },
  {
    name: 'forgets its epoch at restart',
    edits: [
      {
        file: 'core/replica.ts',
        find: 'this.#epoch = Math.max(start.hardState?.epoch ?? 0, this.log.lastEpoch)',
        replace: 'this.#epoch = this.log.lastEpoch',
      },
    ],
  },
  {
    name: 'answers a vote before it is durable',
    edits: [
      {
        file: 'core/replica.ts',
        find: "this.emit({ type: 'reply', requestId, response, after: this.#hardStateWrite })",
        replace: "this.emit({ type: 'reply', requestId, response, after: 0 })",
      },
    ],
  },
  {
    name: 'counts its own vote before it is durable',
    edits: [
      {
        file: 'core/election.ts',
        find: "const ownVoteCounts = role.name === 'prospective' || replica.isHardStateDurable",
        replace: 'const ownVoteCounts = true',
      },
    ],
  },
  {
    name: 'loses the vote of a write that carries batches too',
    edits: [
      {
        file: 'node/write-merger.ts',
        find: '...(hardState === undefined ? {} : { hardState }),',
        replace: '...(hardState === undefined || batches.length > 0 ? {} : { hardState }),',
      },
    ],
  },
  {
    name: 'votes for a log that is behind',
    edits: [
      {
        file: 'core/log-view.ts',
        find: 'return lastEpoch > this.lastEpoch || (lastEpoch === this.lastEpoch && endOffset >= this.#endOffset)',
        replace: 'return lastEpoch >= this.lastEpoch',
      },
    ],
  },
  {
    name: 'leads the same epoch again after a restart',
    edits: [
      {
        file: 'core/role-machine.ts',
        find: 'this.#role = enterUnattached(replica, waitMs)',
        replace:
          'this.#role = replica.vote?.id === replica.config.id && replica.epoch === replica.log.lastEpoch\n      ? enterLeader(replica, [replica.config.id]) : enterUnattached(replica, waitMs)',
      },
    ],
  },
  {
    name: 'leads on without a quorum',
    edits: [
      {
        file: 'core/leader.ts',
        find: "if (replica.now >= role.checkQuorumMs && !extendQuorum(replica, role)) return { to: 'resigned' }",
        replace:
          'if (replica.now >= role.checkQuorumMs) role.checkQuorumMs = extendQuorum(replica, role) ? role.checkQuorumMs : Infinity',
      },
    ],
  },
  {
    name: 'keeps leading while its disk stalls',
    edits: [
      {
        file: 'core/disk-stall.ts',
        find: 'disk.dueMs = now + config.diskStallTimeoutMs',
        replace: 'disk.dueMs = Infinity',
      },
    ],
  },
  {
    name: 'stands without a pre-vote',
    edits: [
      {
        file: 'core/role-machine.ts',
        find: 'return enterProspective(replica, transition.lostLeaderId)',
        replace: 'return enterProspective === undefined ? this.#role : enterCandidate(replica)',
      },
    ],
  },
  {
    name: 'grants pre-votes against a leader it hears',
    edits: [
      {
        file: 'core/election.ts',
        find: '!isContent(replica, role) &&',
        replace: "(isContent(replica, role) || true) && role.name !== 'leader' &&",
      },
    ],
  },
  {
    name: 'refuses pre-votes for a leader it has lost',
    edits: [
      {
        file: 'core/election.ts',
        find: ', inDoubt: true }',
        replace: ' }',
      },
    ],
  },
  {
    name: 'takes pre-votes for votes',
    edits: [{ file: 'core/election.ts', find: 'if (!isThisBallot) return', replace: '' }],
  },
]
