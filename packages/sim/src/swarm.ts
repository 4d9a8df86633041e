import type { RaftTuning, ReadLeaseOptions } from '@quorate/raft'
import type { FaultName } from './faults/actions.ts'
import { chooseFaults, type Profile, profiles } from './profiles.ts'
import { type SeededRandom, seededRandom } from './random.ts'
import type { ClusterOptions } from './world/cluster.ts'
import type { Word } from './world/last-words.ts'

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
    faultRate: profile === 'flapping' ? 0 : random.between(profile === 'leases' ? 0.6 : 0.1, 1),
    ...chooseSteps(profile, electionTimeoutMs, random),
    maxProposals: random.pick([1, 3, 10]),
  }
  return { ...shared, cluster: chooseCluster(seed, profile, electionTimeoutMs, random) }
}

/** Faults that need time to come to their point get it: fewer and longer steps. */
function chooseSteps(
  profile: Profile,
  electionTimeoutMs: number,
  random: SeededRandom,
): Pick<SwarmConfiguration, 'steps' | 'stepMs'> {
  if (profile === 'leases') return { steps: 40 + random.upTo(40), stepMs: 7 * electionTimeoutMs }
  if (profile === 'newcomers')
    return { steps: 40 + random.upTo(80), stepMs: electionTimeoutMs * random.pick([1, 3]) }
  const factors = profile === 'disks' ? [3, 6] : profile === 'membership' ? [0.5, 3, 6] : [0.1, 0.5, 3, 6]
  return { steps: 80 + random.upTo(150), stepMs: electionTimeoutMs * random.pick(factors) }
}

/** A lease that trusts the clocks exactly as far as they can be trusted. */
function chooseLease(
  profile: Profile,
  electionTimeoutMs: number,
  minClockRate: number,
  random: SeededRandom,
): ReadLeaseOptions {
  const durationMs = electionTimeoutMs * random.pick(profile === 'leases' ? [1, 2] : [0.5, 1, 2])
  return { durationMs, maxClockDriftRatio: 1 / minClockRate ** 2 - 1 }
}

/** How slow the slowest clock runs; the fastest is as much faster. */
function chooseClockRate(profile: Profile, random: SeededRandom): number {
  if (profile === 'leases') return random.pick([0.8, 0.8, 1])
  return profile === 'swarm' && random.chance(0.4) ? 0.8 : 1
}

/** What senders die of, and how often. Who dies of one message in four, whatever it says, does nothing else any more. */
function chooseLastWords(
  profile: Profile,
  electionTimeoutMs: number,
  random: SeededRandom,
): ClusterOptions['lastWords'] {
  const kinds = ['granted-vote', 'vote-request', 'fetch', 'batches'] as const
  const what: Word = random.pick(profile === 'amnesia' ? kinds : ['anything', ...kinds])
  const maxRate = what === 'anything' ? 0.05 : 0.3
  const isCalm = profile === 'flapping' || profile === 'leases'
  const isSpared = isCalm || (profile === 'swarm' && random.chance(0.5))
  const rate = isSpared ? 0 : random() * random() * maxRate
  const snapshotRate = isCalm ? 0 : random.pick([0, 0, 0.3])
  return { what, rate, snapshotRate, absenceMs: electionTimeoutMs * random.pick([0.02, 0.2, 1]) }
}

function chooseCluster(
  seed: number,
  profile: Profile,
  electionTimeoutMs: number,
  random: SeededRandom,
): ClusterOptions {
  const isCalm = profile === 'flapping'
  const isSwarm = profile === 'swarm'
  const isLeased = profile === 'leases'
  const isNewcomers = profile === 'newcomers'
  // A sync is fast, or as slow as an election: then what is not durable yet meets what others decide. A lease is shorter
  // than that: who wants to be elected while it lasts must be quick.
  const shares = isLeased ? [0.005, 0.02] : [0.005, 0.05, 0.5]
  const maxSyncMs = electionTimeoutMs * random.pick(shares)
  const maxDelayMs = electionTimeoutMs * Math.min(0.3, random.pick(shares))
  const minClockRate = chooseClockRate(profile, random)
  const hasLease = isLeased || random.chance(0.5)
  return {
    seed: seed + 1,
    voters: isSwarm ? 1 + random.upTo(7) : random.pick([3, 3, 5]),
    // Who is to be taken for somebody else must go by its id.
    namesDirectories: !isNewcomers && random.chance(0.5),
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
      electionJitterMs: electionTimeoutMs / (isLeased ? 20 : random.pick([5, 20])),
      electionBackoffMaxMs: electionTimeoutMs,
      retryBackoffMs: electionTimeoutMs / 20,
      outcomeTimeoutMs: electionTimeoutMs * random.pick([0.5, 10]),
      ...(isNewcomers || random.chance(0.5)
        ? { fetchMaxBytes: random.pick(isNewcomers ? [1, 30] : [1, 30, 200]) }
        : {}),
      maxSessions: random.pick([1, 2, 10]),
      ...(random.chance(0.5) ? { maxBundleBytes: random.pick([1, 60]) } : {}),
      ...(random.chance(0.5) ? { tailCacheBytes: random.pick([1, 500]) } : {}),
      ...(hasLease ? { readLease: chooseLease(profile, electionTimeoutMs, minClockRate, random) } : {}),
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
    minClockRate,
    clocks: isLeased || random.chance(0.3) ? 'extreme' : 'between',
    lastWords: chooseLastWords(profile, electionTimeoutMs, random),
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
