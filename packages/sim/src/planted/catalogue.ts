/** One edit of a file of the raft package. */
export interface Edit {
  /** The file, from the package's `src/` on. */
  readonly file: string
  /** Text that occurs in the file exactly once. */
  readonly find: string
  readonly replace: string
}

/** A mistake that someone could make in the protocol, as edits of its source. */
export interface PlantedBug {
  readonly name: string
  readonly edits: readonly Edit[]
}

/**
 * The mistakes that the simulator must find, each within a thousand seeds. The first ones are those that real systems
 * shipped: see the literature in docs/testing.md.
 */
export const plantedBugs: readonly PlantedBug[] = [
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
    name: 'takes a write for durable before the sync',
    edits: [
      {
        file: 'node/log-writer.ts',
        find: 'this.#log.write(write).then(\n        () => this.#onWritten(id),',
        replace: 'this.#onWritten(id)\n      this.#log.write(write).then(\n        () => undefined,',
      },
    ],
  },
  {
    name: 'commits an earlier epoch by counting',
    edits: [
      {
        file: 'core/high-watermark.ts',
        find: 'return held !== undefined && held > epochStart ? held : undefined',
        replace: 'return held',
      },
    ],
  },
  {
    name: 'cuts one record too many',
    edits: [
      {
        file: 'core/replica.ts',
        find: "assertInvariant(endOffset >= this.#highWatermark, 'what is committed is never cut off')\n    const id = this.#write({ truncateTo: endOffset })",
        replace: 'const id = this.#write({ truncateTo: Math.max(0, endOffset - 1) })',
      },
    ],
  },
  {
    name: 'counts observers as voters',
    edits: [
      {
        file: 'core/leader.ts',
        find: 'const acknowledged = replica.voters.map((voter): Offset =>',
        replace:
          'const acknowledged = [...role.progress.values(), { id: replica.config.id }].map((voter): Offset =>',
      },
    ],
  },
  {
    name: 'counts its own end before it is durable',
    edits: [
      {
        file: 'core/leader.ts',
        find: 'replica.isSelf(voter) ? replica.log.durableEndOffset :',
        replace: 'replica.isSelf(voter) ? replica.log.endOffset :',
      },
      {
        file: 'core/replica.ts',
        find: 'Math.min(highWatermark, this.log.durableEndOffset)',
        replace: 'Math.min(highWatermark, this.log.endOffset)',
      },
    ],
  },
  {
    name: 'acknowledges before it is durable',
    edits: [
      {
        file: 'core/fetch-request.ts',
        find: 'const fetchOffset = replica.log.durableEndOffset',
        replace: 'const fetchOffset = replica.log.endOffset',
      },
      {
        file: 'core/follower.ts',
        find: 'role.fetch === undefined && replica.log.settled && replica.now',
        replace: 'role.fetch === undefined && replica.now',
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
    name: 'does not look for divergence',
    edits: [
      {
        file: 'core/leader.ts',
        find: 'if (divergingEpoch !== undefined) {',
        replace: 'if (divergingEpoch !== undefined && request.fetchOffset > replica.log.endOffset) {',
      },
    ],
  },
  {
    name: 'cuts to what the leader says without looking at its own epochs',
    edits: [
      {
        file: 'core/follower.ts',
        find: 'const common = own.epoch === epoch ? Math.min(endOffset, own.endOffset) : own.endOffset',
        replace: 'const common = endOffset',
      },
    ],
  },
  {
    name: 'accepts what an earlier leader sent',
    edits: [
      {
        file: 'core/follower.ts',
        find: 'if (role.fetch !== correlationId) return\n  role.fetch = undefined\n  if (response.error',
        replace: 'role.fetch = undefined\n  if (response.error',
      },
    ],
  },
  {
    name: 'serves fetches of an earlier epoch',
    edits: [
      {
        file: 'core/core.ts',
        find: "if (request.epoch < replica.epoch) return refuse('FENCED_LEADER_EPOCH')\n      if (request.epoch > replica.epoch)",
        replace: 'if (request.epoch > replica.epoch)',
      },
    ],
  },
  {
    name: 'leads the same epoch again after a restart',
    edits: [
      {
        file: 'core/core.ts',
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
    name: 'stands without a pre-vote',
    edits: [
      {
        file: 'core/core.ts',
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
  {
    name: 'cuts the log before the snapshot is durable',
    edits: [
      {
        file: 'node/snapshot-keeper.ts',
        find: 'const writer = await createSnapshot(',
        replace: 'void this.#options.log.deleteBefore(offset)\n    const writer = await createSnapshot(',
      },
    ],
  },
  {
    name: 'installs a snapshot and leaves the log as it is',
    edits: [
      {
        file: 'node/log-writer.ts',
        find: 'this.#log.reset(snapshot.endOffset, snapshot.epoch).then(',
        replace: 'Promise.resolve().then(',
      },
    ],
  },
  {
    name: 'takes a snapshot for whole without looking at its checksum',
    edits: [
      {
        file: 'node/snapshot-receiver.ts',
        find: 'await this.#writer.finish({ bytes: totalBytes, checksum })',
        replace: 'await this.#writer.finish()',
      },
    ],
  },
  {
    name: 'makes a snapshot of a later state than it says',
    edits: [
      {
        file: 'node/snapshot-keeper.ts',
        find: 'encodePreamble(preamble()), snapshot())',
        replace: 'encodePreamble(preamble()), (async function* () { yield* snapshot() })())',
      },
    ],
  },
  {
    name: 'applies again what its snapshot stands for',
    edits: [
      {
        file: 'node/delivery.ts',
        find: 'this.#position = position\n',
        replace: 'this.#position = { ...position, offset: this.#position.offset }\n',
      },
    ],
  },
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
    name: 'serves what it read after it lost its epoch',
    edits: [
      {
        file: 'node/fetch-answers.ts',
        find: "const stillLeads = role === 'leader' && epoch === decided.epoch",
        replace: 'const stillLeads = true',
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
    name: 'answers reads without asking whether it still leads',
    edits: [
      {
        file: 'core/reads.ts',
        find: 'const confirmed = hasLease(replica, role) ? role.round : confirmedRound(replica, role)',
        replace:
          'const confirmed = hasLease(replica, role) ? role.round : Math.max(role.round, confirmedRound(replica, role))',
      },
    ],
  },
  {
    name: 'answers reads before it committed anything of its own',
    edits: [
      {
        file: 'core/reads.ts',
        find: 'if (role.reads.length === 0 || replica.highWatermark <= role.epochStart) return',
        replace: 'if (role.reads.length === 0) return',
      },
    ],
  },
  {
    name: 'reads before it has applied what it must see',
    edits: [
      {
        file: 'node/raft-driver.ts',
        find: 'await this.#delivery.applied(offset, signal)\n    return offset',
        replace: 'return offset',
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
  {
    name: 'votes although a lease counts on it',
    edits: [
      {
        file: 'core/core.ts',
        find: "if (request.type === 'vote' && isBound(replica))",
        replace: 'if (Number(isBound(replica)) > 1)',
      },
    ],
  },
  {
    name: 'trusts clocks to run alike',
    edits: [
      {
        file: 'core/read-lease.ts',
        find: 'mark.sentMs + leaseMs / (1 + readLease.maxClockDriftRatio)',
        replace: 'mark.sentMs + leaseMs',
      },
    ],
  },
  {
    name: 'counts a lease from when the promise arrived',
    edits: [
      {
        file: 'core/read-lease.ts',
        find: 'mark.sentMs + leaseMs / (1 + readLease.maxClockDriftRatio)',
        replace: 'replica.now + leaseMs / (1 + readLease.maxClockDriftRatio)',
      },
    ],
  },
  {
    name: 'forgets at restart that a lease may count on it',
    edits: [
      {
        file: 'core/core.ts',
        find: 'if (replica.epoch > 0) promise(replica)',
        replace: 'if (replica.epoch < 0) promise(replica)',
      },
    ],
  },
  {
    name: 'takes a refused connection for the end of a lease',
    edits: [
      {
        file: 'core/follower.ts',
        find: "if (reason === 'refused') expectNoMore(",
        replace: "if (reason === 'refused') letGo(",
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
    name: 'counts a voter that it removed',
    edits: [
      {
        file: 'core/leader.ts',
        find: 'const acknowledged = replica.voters.map(',
        replace: 'const acknowledged = (replica.voterHistory.previous ?? replica.voters).map(',
      },
    ],
  },
  {
    name: 'counts itself after it removed itself',
    edits: [
      {
        file: 'core/leader.ts',
        find: 'const held = majorityOffset(acknowledged, role.epochStart)',
        replace:
          'if (!replica.isVoter) acknowledged.push(replica.log.durableEndOffset)\n  const held = majorityOffset(acknowledged, role.epochStart)',
      },
    ],
  },
  {
    name: 'changes two voters at once',
    edits: [
      {
        file: 'core/voter-change.ts',
        find: "if (role.change !== undefined) return end(replica, changeId, 'in-progress')",
        replace: '',
      },
      {
        file: 'core/voter-change.ts',
        find: 'const isCommitted = highWatermark > voterHistory.offset',
        replace: 'const isCommitted = true || voterHistory',
      },
    ],
  },
  {
    name: 'changes voters before it committed anything of its own',
    edits: [
      {
        file: 'core/voter-change.ts',
        find: 'const ownEpochCommitted = highWatermark > role.epochStart',
        replace: 'const ownEpochCommitted = true',
      },
    ],
  },
  {
    name: 'counts what a voter acknowledges from another disk',
    edits: [
      {
        file: 'core/roles.ts',
        find: 'return progress !== undefined && hasDirectory(voter, progress.directoryId) ? progress : undefined',
        replace: 'return progress',
      },
    ],
  },
  {
    name: 'votes under the identity of a lost disk',
    edits: [
      {
        file: 'core/core.ts',
        find: 'return request.voterDirectoryId === undefined || request.voterDirectoryId === config.directoryId',
        replace: 'return true',
      },
      {
        file: 'core/election.ts',
        find: 'return replica.isVoter || request.voterDirectoryId === replica.config.directoryId',
        replace: 'return true',
      },
    ],
  },
  {
    name: 'keeps the voters of a record that was cut off',
    edits: [
      {
        file: 'core/replica.ts',
        find: 'if (this.#voterHistory.truncate(endOffset)) this.#tellVoters()',
        replace: '',
      },
    ],
  },
  {
    name: 'forgets at restart which voters the log names',
    edits: [
      {
        file: 'node/load-voters.ts',
        find: 'if (voters !== undefined) records.push(',
        replace: 'if (voters !== undefined && records.length > 0) records.push(',
      },
    ],
  },
  {
    name: 'takes an empty disk for a voter’s because the options list it',
    edits: [
      {
        file: 'node/raft-driver.ts',
        find: 'const bootstrapVoters = joins ? [] : voters',
        replace: 'const bootstrapVoters = joins ? voters : voters',
      },
    ],
  },
  {
    name: 'leads on after its removal is committed',
    edits: [
      {
        file: 'core/voter-change.ts',
        find: 'return !replica.isVoter && replica.highWatermark > replica.voterHistory.offset',
        replace: 'return !replica.isVoter && false',
      },
    ],
  },
  {
    name: 'knows of sessions only what was committed while it led',
    edits: [
      {
        file: 'sessions/session-table.ts',
        find: 'sequence === session.lastSequence + 1,',
        replace: 'sequence > 0,',
      },
      {
        file: 'node/sessions.ts',
        find: 'this.table.apply(batch)',
        replace: 'if (this.#reign !== undefined || batch.payload.byteLength === 16) this.table.apply(batch)',
      },
    ],
  },
  {
    name: 'takes a repeated proposal for a new one',
    edits: [
      {
        file: 'sessions/session-table.ts',
        find: 'sequence === session.lastSequence + 1,',
        replace: 'sequence > 0,',
      },
      {
        file: 'node/sessions.ts',
        find: 'if (sequence === last + 1) {',
        replace: 'if (sequence <= last + 1) {',
      },
    ],
  },
  {
    name: 'forgets what it appended and has not applied',
    edits: [
      {
        file: 'sessions/session-table.ts',
        find: 'sequence === session.lastSequence + 1,',
        replace: 'sequence > 0,',
      },
      { file: 'node/sessions.ts', find: 'inFlight.push(', replace: 'if (sequence < 0) inFlight.push(' },
    ],
  },
  {
    name: 'takes proposals of sessions before it has applied the past',
    edits: [
      {
        file: 'sessions/session-table.ts',
        find: 'sequence === session.lastSequence + 1,',
        replace: 'sequence > 0,',
      },
      {
        file: 'node/sessions.ts',
        find: 'if (this.#reign?.epoch === epoch && appliedOffset > this.#reign.epochStart) return',
        replace: 'if (epoch > 0 && appliedOffset >= 0) return',
      },
    ],
  },
]
