import type { RaftTuning, ReadLeaseOptions } from '@quorate/raft'
import type { FaultName } from './faults/actions.ts'
import { faultActions } from './faults/actions.ts'
import { type SeededRandom, seededRandom } from './random.ts'
import type { ClusterOptions, LastWords } from './world/cluster.ts'

/** What kind of life a seed leads. */
export type Profile = 'swarm' | 'duels' | 'amnesia' | 'flapping' | 'membership'

/** Everything a seed decides. */
export interface SwarmConfiguration {
  readonly profile: Profile
  readonly cluster: ClusterOptions
  /** Faults this life knows, each as often as it is listed. */
  readonly faults: readonly FaultName[]
  /** Share of steps that begin with a fault. */
  readonly faultRate: number
  readonly steps: number
  /** Mean length of a step, in milliseconds. */
  readonly stepMs: number
  /** Writes a step makes at most. */
  readonly maxProposals: number
  readonly electionTimeoutMs: number
}

const profiles: readonly Profile[] = [
  'swarm',
  'swarm',
  'swarm',
  'swarm',
  'duels',
  'amnesia',
  'membership',
  'flapping',
]

/** What always belongs to a life, so that it goes on after a fault. */
const repairs: readonly FaultName[] = ['startAll', 'start', 'heal', 'heal']

/**
 * Decides what life `seed` leads. Not everything at once: a random subset of faults goes deeper than all of them, and
 * bugs hide in the ratio of faults to elections and of syncs to messages (swarm testing, Groce et al. 2012).
 */
export function swarm(seed: number): SwarmConfiguration {
  const random = seededRandom(seed)
  const profile = profiles[seed % profiles.length] as Profile
  const electionTimeoutMs = random.pick([20, 150, 1_000, 1_000])
  const shared = {
    profile,
    electionTimeoutMs,
    faults: chooseFaults(profile, random),
    faultRate: profile === 'flapping' ? 0 : random.between(0.1, 1),
    steps: 70 + random.upTo(130),
    stepMs: electionTimeoutMs * random.pick([0.1, 0.5, 3, 6]),
    maxProposals: random.pick([1, 3, 10]),
  }
  return { ...shared, cluster: chooseCluster(seed, profile, electionTimeoutMs, random) }
}

function chooseFaults(profile: Profile, random: SeededRandom): readonly FaultName[] {
  if (profile === 'flapping') return []
  if (profile === 'duels') {
    return [
      'duel',
      'duel',
      'duel',
      'firewall',
      'transfer',
      'killLeader',
      'isolateLeader',
      'bounceLeader',
      'hiccup',
      'pause',
      ...repairs,
    ]
  }
  if (profile === 'amnesia') return ['bounce', 'bounceLeader', 'killAll', 'resign', 'hiccup', ...repairs]
  if (profile === 'membership') {
    return [
      'addVoter',
      'addVoter',
      'addVoter',
      'removeVoter',
      'removeVoter',
      'removeLeader',
      'changeCutOff',
      'changeCutOff',
      'replaceDisk',
      'bounceLeader',
      'isolateLeader',
      'killLeader',
      'transfer',
      ...repairs,
    ]
  }
  const all = Object.keys(faultActions) as FaultName[]
  return [...all.filter(() => random.chance(0.5)), ...repairs]
}

/** A lease that trusts the clocks exactly as far as they can be trusted. */
function chooseLease(
  electionTimeoutMs: number,
  minClockRate: number,
  random: SeededRandom,
): ReadLeaseOptions {
  const durationMs = electionTimeoutMs * random.pick([0.5, 1, 2])
  return { durationMs, maxClockDriftRatio: 1 / minClockRate ** 2 - 1 }
}

function chooseCluster(
  seed: number,
  profile: Profile,
  electionTimeoutMs: number,
  random: SeededRandom,
): ClusterOptions {
  const isCalm = profile === 'flapping'
  const isSwarm = profile === 'swarm'
  // A sync is fast, or as slow as an election: then what is not durable yet meets what others decide.
  const maxSyncMs = electionTimeoutMs * random.pick([0.005, 0.05, 0.5])
  const maxDelayMs = electionTimeoutMs * random.pick([0.005, 0.05, 0.3])
  const what: LastWords =
    profile === 'amnesia'
      ? random.pick(['granted-vote', 'vote-request', 'fetch', 'batches'])
      : random.pick(['anything', 'granted-vote', 'vote-request', 'fetch', 'batches'])
  const minClockRate = isSwarm && random.chance(0.4) ? 0.8 : 1
  // Who dies of one message in four, whatever it says, does nothing else any more.
  const maxRate = what === 'anything' ? 0.05 : 0.3
  const rate = isCalm || (isSwarm && random.chance(0.5)) ? 0 : random() * random() * maxRate
  return {
    seed: seed + 1,
    voters: isSwarm ? 1 + random.upTo(7) : random.pick([3, 3, 5]),
    namesDirectories: random.chance(0.5),
    observers:
      profile === 'membership'
        ? 1 + random.upTo(3)
        : isSwarm && random.chance(0.5)
          ? random.upTo(6)
          : random.upTo(2),
    tuning: {
      electionTimeoutMs,
      fetchTimeoutMs: 2 * electionTimeoutMs,
      fetchMaxWaitMs: electionTimeoutMs / 2,
      requestTimeoutMs: electionTimeoutMs,
      electionJitterMs: electionTimeoutMs / random.pick([5, 20]),
      electionBackoffMaxMs: electionTimeoutMs,
      retryBackoffMs: electionTimeoutMs / 20,
      outcomeTimeoutMs: electionTimeoutMs * random.pick([0.5, 10]),
      ...(random.chance(0.5) ? { fetchMaxBytes: random.pick([1, 30, 200]) } : {}),
      maxSessions: random.pick([1, 2, 10]),
      ...(random.chance(0.5) ? { maxBundleBytes: random.pick([1, 60]) } : {}),
      ...(random.chance(0.5) ? { tailCacheBytes: random.pick([1, 500]) } : {}),
      ...(random.chance(0.5) ? { readLease: chooseLease(electionTimeoutMs, minClockRate, random) } : {}),
      ...(random.chance(0.2) ? { maxUncommittedBytes: 1_000 } : {}),
      ...chooseSnapshots(electionTimeoutMs, random),
    },
    network: {
      minDelayMs: 0.1,
      maxDelayMs: isCalm ? 1 : 0.2 + maxDelayMs,
      stragglerRate: isSwarm && random.chance(0.3) ? 0.05 : 0,
      stragglerDelayMs: 5 * electionTimeoutMs,
      lossRate: isCalm || random.chance(0.5) ? 0 : random() * random() * 0.3,
      duplicationRate: isCalm || random.chance(0.5) ? 0 : random() * 0.5,
      corruptionRate: random.pick([0, 0, 0.05]),
    },
    disk: { minSyncMs: 0.05, maxSyncMs: isCalm ? 1 : 0.1 + maxSyncMs },
    snapshotPaddingBytes: random.pick([0, 0, 300]),
    snapshotDeathRate: isCalm ? 0 : random.pick([0, 0, 0.2]),
    minClockRate,
    lastWords: { what, rate, absenceMs: electionTimeoutMs * random.pick([0.02, 0.2, 1]) },
  }
}

/** Most lives make snapshots all the time, so that whoever was away finds the log cut. */
function chooseSnapshots(electionTimeoutMs: number, random: SeededRandom): Partial<RaftTuning> {
  if (random.chance(0.3)) return {}
  return {
    snapshotIntervalBytes: random.pick([100, 500, 2_000]),
    snapshotIntervalMs: electionTimeoutMs * random.pick([5, 100]),
    snapshotRetainCount: random.pick([1, 2, 3]),
    snapshotFetchMaxBytes: random.pick([20, 100, 10_000]),
    ...(random.chance(0.3)
      ? { snapshotFetchBytesPerSecond: Math.ceil(random.pick([100_000, 1_000_000]) / electionTimeoutMs) }
      : {}),
  }
}
