import type { Epoch } from '@quorate/log'
import type { NodeId, Voter, VoteRequest } from '@quorate/raft'
import { type CheckedNode, isSame, nameOf, namesOf } from './checked-node.ts'
import { check } from './violation.ts'

/** Who voted for whom, as it left each node. Every method throws a `Violation` where a rule is broken. */
export class VoteCheck {
  /** Candidate that each voter voted for, by epoch and then by node and directory. */
  readonly #votes = new Map<Epoch, Map<string, NodeId>>()

  /** `node` tells whoever sent `request` that it has its vote, or would have it. */
  onGranted(node: CheckedNode, request: VoteRequest): void {
    check(
      request.voterId === node.id && (request.voterDirectoryId ?? node.directoryId) === node.directoryId,
      'only who was asked votes',
      () =>
        `node ${node.id} on ${node.directoryId} votes for ${request.voterId} on ${request.voterDirectoryId}`,
    )
    const { appended } = node.disk
    const isBehind =
      request.lastEpoch < appended.lastEpoch ||
      (request.lastEpoch === appended.lastEpoch && request.endOffset < appended.endOffset)
    check(
      !isBehind,
      'votes go to logs that are not behind',
      () => `node ${node.id} would elect node ${request.candidateId}, whose log is behind its own`,
    )
    if (!request.preVote) this.onVote(node, request.epoch, request.candidateId)
  }

  /** `node` votes for `candidateId` in `epoch`. */
  onVote(node: CheckedNode, epoch: Epoch, candidateId: NodeId): void {
    const votes = this.#votes.get(epoch) ?? new Map<string, NodeId>()
    this.#votes.set(epoch, votes)
    const key = nameOf(node)
    const known = votes.get(key) ?? candidateId
    votes.set(key, known)
    check(
      known === candidateId,
      'one vote an epoch',
      () => `node ${node.id} votes for ${known} and ${candidateId} in epoch ${epoch}`,
    )
    // The vote for oneself may still be on its way to the disk while others are asked.
    if (candidateId === node.id) return
    const { hardState } = node.disk
    const isOver = hardState !== undefined && hardState.epoch > epoch
    check(
      isOver || (hardState?.epoch === epoch && hardState.vote?.id === candidateId),
      'a vote is durable before it is sent',
      () => `node ${node.id} votes for ${candidateId} in epoch ${epoch}, and its disk does not say so`,
    )
  }

  /** `node` was elected in `epoch` by `voters`, as it counts them. */
  onElected(node: CheckedNode, epoch: Epoch, voters: readonly Voter[]): void {
    const { hardState } = node.disk
    check(
      hardState?.epoch === epoch && hardState.vote?.id === node.id,
      'a vote is durable before it is sent',
      () => `node ${node.id} leads epoch ${epoch} by a vote of its own that its disk does not hold`,
    )
    const votes = [...(this.#votes.get(epoch) ?? [])].filter(([, candidate]) => candidate === node.id)
    const voted = voters.filter(
      (voter) =>
        isSame(voter, node) ||
        votes.some(([name]) => name === nameOf(voter) || name.startsWith(`${nameOf(voter)}/`)),
    )
    check(
      voted.length * 2 > voters.length,
      'a leader has the votes of a majority',
      () => `node ${node.id} leads epoch ${epoch} by ${namesOf(voted)} of ${namesOf(voters)}`,
    )
  }
}
