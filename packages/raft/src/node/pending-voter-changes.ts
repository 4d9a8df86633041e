import type { Event } from '../core/events.ts'
import type { VoterChangeOutcome, VoterChangeRequest } from '../core/voter-change.ts'
import { voterSchema } from '../core/voter-schema.ts'
import { RaftError, type RaftErrorCode } from '../errors.ts'
import type { NamedVoter } from '../messages.ts'
import { raceSignal } from './race-signal.ts'

interface Call {
  readonly voter: NamedVoter
  readonly result: PromiseWithResolvers<void>
}

/** Changes of the voters that callers wait for. The core has one at a time under way and refuses the others at once. */
export class PendingVoterChanges {
  readonly #calls = new Map<number, Call>()
  #nextId = 1

  /**
   * Asks the core for a change, through `step`. Resolves when it is committed.
   *
   * @throws RAFT_OPTIONS_INVALID, the errors of the table below, or the signal's reason: then the core is told that nobody
   *   waits any more
   */
  async request(
    change: Omit<VoterChangeRequest, 'changeId'>,
    step: (event: Event) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { voter } = change
    checkVoter(voter)
    const changeId = this.#nextId
    this.#nextId += 1
    const result = Promise.withResolvers<void>()
    this.#calls.set(changeId, { voter, result })
    step({ type: 'change-voters', changeId, ...change })
    try {
      await raceSignal(result.promise, signal)
    } finally {
      this.#calls.delete(changeId)
      if (signal?.aborted) step({ type: 'cancel-voter-change', changeId })
    }
  }

  /** The core says how a change ended. */
  settle(changeId: number, outcome: VoterChangeOutcome): void {
    const call = this.#calls.get(changeId)
    this.#calls.delete(changeId)
    if (call === undefined) return
    if (outcome === 'committed') call.result.resolve()
    else call.result.reject(errorOf(outcome, call.voter))
  }

  /** The node stops: a change whose record was appended may survive it. */
  rejectAll(error: RaftError): void {
    for (const { result } of this.#calls.values()) result.reject(error)
    this.#calls.clear()
  }
}

const failures: Readonly<Record<Exclude<VoterChangeOutcome, 'committed'>, readonly [RaftErrorCode, string]>> =
  {
    'in-progress': ['RAFT_CHANGE_IN_PROGRESS', 'another change of the voters is under way'],
    duplicate: [
      'RAFT_DUPLICATE_VOTER',
      'a voter of this id is there already, on another disk or one that is not known yet; remove that first',
    ],
    'not-found': ['RAFT_VOTER_NOT_FOUND', 'no voter has this id and this directory'],
    'last-voter': ['RAFT_LAST_VOTER', 'it is the only voter'],
    'too-many': ['RAFT_TOO_MANY_VOTERS', 'there are as many voters as there can be'],
    behind: ['RAFT_VOTER_BEHIND', 'it did not catch up with the leader in time; nothing was changed'],
    timeout: ['RAFT_CHANGE_TIMEOUT', 'the quorum committed too little in time; nothing was changed'],
    'not-leader': ['RAFT_NOT_LEADER', 'leadership was lost before anything was changed'],
    unknown: [
      'RAFT_CHANGE_UNKNOWN',
      'leadership was lost before the change was committed: it may survive or not',
    ],
  }

function errorOf(outcome: Exclude<VoterChangeOutcome, 'committed'>, voter: NamedVoter): RaftError {
  const [code, what] = failures[outcome]
  return new RaftError(code, `voter ${voter.id} in directory ${voter.directoryId}: ${what}`, { voter })
}

/** @throws RAFT_OPTIONS_INVALID */
function checkVoter(voter: NamedVoter): void {
  if (voterSchema.safeParse(voter).success && voter.directoryId !== undefined) return
  const what = 'a voter is named by its id, 0 or more, and the id of its directory, 1 to 64 characters'
  throw new RaftError('RAFT_OPTIONS_INVALID', what, { voter })
}
