import type { PlantedBug } from '../planted-bug.ts'

/** Mistakes with the log: what is sent, cut, acknowledged and counted as committed. */
export const replicationBugs: readonly PlantedBug[] = [
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
        file: 'core/requests.ts',
        find: "if (request.epoch < replica.epoch) return refuse('FENCED_LEADER_EPOCH')\n    if (request.epoch > replica.epoch)",
        replace: 'if (request.epoch > replica.epoch)',
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
    name: 'sends batches to a log whose last epoch it never heard of',
    edits: [
      {
        file: 'core/log-view.ts',
        find: 'const matches = common.epoch === lastEpoch && endOffset <= common.endOffset',
        replace:
          'const matches = endOffset <= (common.epoch === lastEpoch ? common.endOffset : this.#endOffset)',
      },
    ],
  },
]
