import type { PlantedBug } from '../planted-bug.ts'

/** Mistakes with voters that change. */
export const voterBugs: readonly PlantedBug[] = [
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
        find: 'return progress !== undefined && isDiskOf(voter, progress) ? progress : undefined',
        replace: 'return progress',
      },
    ],
  },
  {
    name: 'votes under the identity of a lost disk',
    edits: [
      {
        file: 'core/requests.ts',
        find: '? !config.isJoiner\n    : request.voterDirectoryId === config.directoryId',
        replace: '? true\n    : true',
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
      { file: 'node/raft-driver.ts', find: 'isJoiner: joins', replace: 'isJoiner: false' },
    ],
  },
  {
    name: 'takes a disk that joined later for a voter whose disk is not known',
    edits: [{ file: 'node/raft-driver.ts', find: 'isJoiner: joins', replace: 'isJoiner: false' }],
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
]
