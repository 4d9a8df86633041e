import { type FaultName, faultActions } from './faults/actions.ts'
import type { SeededRandom } from './random.ts'

/** The kinds of life there are, each as often as it is listed: a seed leads the one that it is a number of. */
export const profiles = [
  'swarm',
  'swarm',
  'swarm',
  'swarm',
  'duels',
  'amnesia',
  'membership',
  'flapping',
  'leases',
  'disks',
  'newcomers',
] as const

/** What kind of life a seed leads. */
export type Profile = (typeof profiles)[number]

/** What always belongs to a life, so that it goes on after a fault. */
const repairs: readonly FaultName[] = ['startAll', 'start', 'heal', 'heal']

/** The faults of the lives that are about one thing. */
const themes: Readonly<Record<Exclude<Profile, 'swarm'>, readonly FaultName[]>> = {
  /** Two leaders at a time, who know different things. */
  duels: [
    'duel',
    'duel',
    'duel',
    'usurp',
    'transfer',
    'killLeader',
    'isolateLeader',
    'bounceLeader',
    'hiccup',
    'pause',
    ...repairs,
  ],
  /** Whoever speaks may die of it, and has to remember what it said. */
  amnesia: ['bounce', 'bounceLeader', 'killAll', 'resign', 'hiccup', ...repairs],
  /** The voters change all the time. */
  membership: [
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
  ],
  /** Calm water but for one loose cable. */
  flapping: [],
  /** Leaders that answer by a lease, and others that would take their place; on clocks as far apart as is allowed. */
  leases: ['usurp', 'usurp', 'usurp', 'usurp', 'transfer', 'bounceLeader', 'pause', 'startAll', 'heal'],
  /** What disks do: they stall, fill up, lie, lose what they have, and are replaced. */
  disks: [
    'stallDisk',
    'stallDisk',
    'stallDisk',
    'slowDisk',
    'fillDisk',
    'misdirect',
    'damage',
    'damageSnapshot',
    'replaceDisk',
    'snapshot',
    'bounce',
    'transfer',
    ...repairs,
  ],
  /** Disks that join late, in a quorum that not all of its founders have heard of. */
  newcomers: [
    'joinHalfway',
    'joinHalfway',
    'joinHalfway',
    'joinHalfway',
    'replaceDisk',
    'addVoter',
    'addVoter',
    'removeVoter',
    'bounceLeader',
    'transfer',
    ...repairs,
  ],
}

/** The faults that a life knows, each as often as it is listed. The swarm draws a random half of all there are. */
export function chooseFaults(profile: Profile, random: SeededRandom): readonly FaultName[] {
  if (profile !== 'swarm') return themes[profile]
  const all = Object.keys(faultActions) as FaultName[]
  return [...all.filter(() => random.chance(0.5)), ...repairs]
}
