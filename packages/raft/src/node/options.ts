import { functionOption, portOption } from '@quorate/transport'
import { z } from 'zod'
import { RaftError } from '../errors.ts'
import { votersSchema } from '../core/voter-schema.ts'
import type { NodeId, Voter } from '../messages.ts'
import type { RaftMetrics } from '../metrics.ts'
import type { Clock, Logger, RaftLog, Snapshots, RaftTransport, Random, StateMachine } from '../ports.ts'

/**
 * Linearizable reads without asking anyone: the leader answers them by the promises of a majority not to vote.
 *
 * The same on every voter. Before it is made shorter or taken away, a voter must be down for the duration it had before.
 */
export interface ReadLeaseOptions {
  /**
   * Milliseconds for which a voter that heard the leader votes for nobody else. A leader that dies is replaced no sooner
   * than that, and a node that starts waits as long before it stands. At most `fetchTimeoutMs`. @default 500
   */
  readonly durationMs?: number
  /**
   * Over any time, no clock counts more than another by a larger share than this. Reads may be stale if one does: a clock
   * that stands still with its machine is such a clock. @default 0.1
   */
  readonly maxClockDriftRatio?: number
}

/** Times and limits of a node. All have defaults that suit a network with round trips below 50 ms. */
export interface RaftTuning {
  /** Milliseconds a voter without a leader waits at least before it stands; the wait is random up to twice this. @default 1_000 */
  readonly electionTimeoutMs?: number
  /** Milliseconds a follower waits without hearing from a leader before it stands. @default 2_000 */
  readonly fetchTimeoutMs?: number
  /** Milliseconds a leader may hold a fetch while it has nothing new. Less than half the fetch timeout. @default 500 */
  readonly fetchMaxWaitMs?: number
  /** Milliseconds a request may take, beside what a leader may hold it. @default 1_000 */
  readonly requestTimeoutMs?: number
  /** Milliseconds between a failed request and the next. @default 20 */
  readonly retryBackoffMs?: number
  /** Longest random pause after a lost election, in milliseconds. @default 1_000 */
  readonly electionBackoffMaxMs?: number
  /** Voters that learn together that the leader's process is gone stand at random within this many milliseconds. @default 50 */
  readonly electionJitterMs?: number
  /** Milliseconds that a change of the voters may wait until it can be appended: a new voter catches up in this time. @default 30_000 */
  readonly voterChangeTimeoutMs?: number
  /** Milliseconds after the end of a reign by which its proposals have an outcome: unknown, if the next leader has not settled it. @default 500 */
  readonly outcomeTimeoutMs?: number
  /**
   * Milliseconds a write of the leader may take, once it is the next to finish, before the leader gives up in favour of the
   * voter with the most of the log. Nothing happens unless a majority fetches without it. @default fetchTimeoutMs
   */
  readonly diskStallTimeoutMs?: number
  /** Reads by lease. @default none: a majority confirms every read */
  readonly readLease?: ReadLeaseOptions
  /** Payload bytes of one fetch response; a single larger batch is still sent. @default 1_048_576 */
  readonly fetchMaxBytes?: number
  /** Payload bytes of one proposal. @default 8_388_608 */
  readonly maxBatchBytes?: number
  /** Bytes of proposals made together, in one turn of the event loop, that are written as one batch; what exceeds it makes the next. @default 262_144 */
  readonly maxBundleBytes?: number
  /** Bytes proposed and not yet committed, with up to 100 for the header of each proposal; beyond it proposals are refused with RAFT_OVERLOADED. @default 67_108_864 */
  readonly maxUncommittedBytes?: number
  /** Sessions that may be open; the one that was not used for longest is closed when another is opened. The leader's counts. @default 10_000 */
  readonly maxSessions?: number
  /** Bytes of recent batches kept in memory for followers. @default 16_777_216 */
  readonly tailCacheBytes?: number
  /** Bytes of the log, with headers, that are applied between two snapshots; Kafka's metadata.log.max.record.bytes.between.snapshots. @default 20_971_520 */
  readonly snapshotIntervalBytes?: number
  /** Milliseconds between two snapshots, if anything was applied; Kafka's metadata.log.max.snapshot.interval.ms. @default 3_600_000 */
  readonly snapshotIntervalMs?: number
  /** Newest snapshots that are kept; the log is kept from the end of the oldest of them on. @default 2 */
  readonly snapshotRetainCount?: number
  /** Bytes of a snapshot that a follower asks for at once. @default 1_048_576 */
  readonly snapshotFetchMaxBytes?: number
  /** Bytes of a snapshot that a follower pulls in a second, on average. @default no limit */
  readonly snapshotFetchBytesPerSecond?: number
}

/** What `openRaft` needs. The ports stay the caller's to close, after the node. */
export interface RaftOptions extends RaftTuning {
  /** This node. Whether it is a voter is in the log; {@link anonymousObserver} is an observer without a name. */
  readonly id: NodeId
  /** Names the directory that holds the log, made once when it was formatted: a replaced disk is another voter (KIP-853). */
  readonly directoryId: string
  readonly clusterId: string
  /**
   * The voters that the quorum begins with, the same on every node, as ids or with what else is known of them.
   *
   * They count until the log names the voters, which the first leader sees to. After that they only say whom to ask by a
   * node that knows no leader, and what they say may be out of date. The first leaders fill in directories that are missing.
   */
  readonly voters: readonly (NodeId | Voter)[]
  /**
   * This node joins a quorum that is there already: it takes `voters` for nothing but nodes to ask, and neither votes nor
   * stands before the log names this very directory as a voter's. Set it for good, on every start, on a directory that takes
   * the place of a lost one: the new one must act neither on the list that the old one began with, nor on an early record
   * that names voters without their directories. @default false
   */
  readonly joins?: boolean
  readonly log: RaftLog
  /**
   * Where snapshots of the state machine are kept, which needs `snapshot` and `load` then. Without it none are made, the
   * log is never cut, and the node stops with RAFT_SNAPSHOTS_DISABLED if a leader's log begins behind its own end.
   *
   * @default none
   */
  readonly snapshots?: Snapshots
  readonly transport: RaftTransport
  readonly stateMachine: StateMachine
  readonly clock?: Clock
  readonly random?: Random
  readonly logger?: Logger
  /** Takes the metrics of the node. @default nothing is measured */
  readonly metrics?: RaftMetrics
}

/** The id of observers that only look: the leader serves them and keeps no account of them. */
export const anonymousObserver: NodeId = -1

const milliseconds = (fallback: number) => z.number().positive().default(fallback)
const bytes = (fallback: number) => z.int().positive().default(fallback)

const readLeaseSchema = z.object({
  durationMs: z.number().positive().max(3_600_000).default(500),
  maxClockDriftRatio: z.number().nonnegative().default(0.1),
})

const tuningSchema = z.object({
  electionTimeoutMs: milliseconds(1_000),
  fetchTimeoutMs: milliseconds(2_000),
  fetchMaxWaitMs: milliseconds(500),
  requestTimeoutMs: milliseconds(1_000),
  retryBackoffMs: milliseconds(20),
  electionBackoffMaxMs: milliseconds(1_000),
  electionJitterMs: milliseconds(50),
  voterChangeTimeoutMs: milliseconds(30_000),
  outcomeTimeoutMs: milliseconds(500),
  diskStallTimeoutMs: z.number().positive().optional(),
  readLease: readLeaseSchema.optional(),
  fetchMaxBytes: bytes(1_048_576),
  maxBatchBytes: bytes(8_388_608),
  maxBundleBytes: bytes(262_144),
  maxUncommittedBytes: bytes(67_108_864),
  maxSessions: z.int().positive().max(100_000).default(10_000),
  tailCacheBytes: bytes(16_777_216),
  snapshotIntervalBytes: bytes(20_971_520),
  snapshotIntervalMs: milliseconds(3_600_000),
  snapshotRetainCount: z.int().positive().default(2),
  snapshotFetchMaxBytes: bytes(1_048_576),
  snapshotFetchBytesPerSecond: z.int().positive().exactOptional(),
})

const identitySchema = z.object({
  id: z.int().min(-1),
  directoryId: z.string().min(1).max(64),
  clusterId: z.string().min(1).max(64),
  voters: z.array(z.unknown()).min(1),
  joins: z.boolean().default(false),
})

const portsSchema = z.object({
  log: portOption<RaftLog>('write', 'read'),
  transport: portOption<RaftTransport>('request', 'serve'),
  stateMachine: portOption<StateMachine>('apply', 'leadership'),
  clock: portOption<Clock>('now', 'wallTime', 'setTimer').optional(),
  random: functionOption<Random>().optional(),
  logger: portOption<Logger>('debug', 'info', 'warn', 'error', 'fatal').optional(),
  metrics: portOption<RaftMetrics>('set', 'add', 'record').optional(),
})

/** Options with every default filled in. */
export type ValidTuning = Required<Omit<RaftTuning, 'readLease' | 'snapshotFetchBytesPerSecond'>> & {
  readonly readLease?: Required<ReadLeaseOptions> | undefined
  readonly snapshotFetchBytesPerSecond?: number | undefined
}

/** The voters among the options, in the form that the log has them. */
export function optionVoters({ voters }: RaftOptions): readonly Voter[] {
  return voters
    .map((voter) => (typeof voter === 'number' ? { id: voter } : voter))
    .toSorted((a, b) => a.id - b.id)
}

/** Checks what plain data can be wrong about, and that the ports have their methods. @throws RAFT_OPTIONS_INVALID */
export function validateOptions(options: RaftOptions): ValidTuning {
  const identity = identitySchema.safeParse(options)
  const ports = portsSchema.safeParse(options)
  const tuning = tuningSchema.safeParse(options)
  if (!identity.success) throw invalid(z.prettifyError(identity.error))
  if (!ports.success) throw invalid(z.prettifyError(ports.error))
  if (!tuning.success) throw invalid(z.prettifyError(tuning.error))
  const voters = votersSchema.safeParse(optionVoters(options))
  if (!voters.success) throw invalid(`voters: ${z.prettifyError(voters.error)}`)
  if (tuning.data.fetchMaxWaitMs * 2 >= tuning.data.fetchTimeoutMs) {
    throw invalid(
      'fetchMaxWaitMs must be less than half of fetchTimeoutMs, or idle followers stand for election',
    )
  }
  const { snapshots, stateMachine } = options
  if (snapshots !== undefined && (stateMachine.snapshot === undefined || stateMachine.load === undefined)) {
    throw invalid('with `snapshots`, the state machine needs `snapshot` and `load`')
  }
  const { readLease, fetchTimeoutMs, diskStallTimeoutMs = fetchTimeoutMs } = tuning.data
  if (readLease !== undefined && readLease.durationMs > fetchTimeoutMs) {
    throw invalid('readLease.durationMs must be at most fetchTimeoutMs, after which a voter stands')
  }
  return { ...tuning.data, diskStallTimeoutMs }
}

function invalid(what: string): RaftError {
  return new RaftError('RAFT_OPTIONS_INVALID', `invalid Raft options: ${what}`)
}
