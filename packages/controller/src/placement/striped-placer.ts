import type { Random } from '@quorate/transport'
import { ControllerError } from '../errors.ts'

/** A broker that may get replicas. */
export interface UsableBroker {
  readonly brokerId: number
  /** Brokers without a rack share one. */
  readonly rack: string | undefined
  readonly fenced: boolean
}

/** What {@link placePartitions} places. */
export interface PlacementRequest {
  readonly brokers: readonly UsableBroker[]
  /** At least 1. */
  readonly partitions: number
  readonly replicationFactor: number
  readonly random: Random
}

interface Rack {
  readonly unfenced: readonly UsableBroker[]
  readonly fenced: readonly UsableBroker[]
}

/**
 * Chooses the replicas of new partitions, the first of each being the preferred leader.
 *
 * In this order: never two replicas of a partition on one broker, and an unfenced leader; as many racks as there are;
 * replicas and leaders spread evenly over the brokers; unfenced brokers before fenced ones of the same rack.
 *
 * Racks, and the brokers within each, are gone through in stripes: partition by partition the first rack moves on by
 * one, and once every rack was first, the first broker of each moves on too. Where the stripes begin is random.
 *
 * @throws INVALID_REPLICATION_FACTOR if there are too few brokers, or all are fenced
 */
export function placePartitions({
  brokers,
  partitions,
  random,
  replicationFactor,
}: PlacementRequest): number[][] {
  if (replicationFactor > brokers.length) {
    throw new ControllerError(
      'INVALID_REPLICATION_FACTOR',
      `${replicationFactor} replicas need as many brokers; ${brokers.length} can be used`,
      { replicationFactor, brokers: brokers.length },
    )
  }
  if (brokers.every(({ fenced }) => fenced)) {
    throw new ControllerError(
      'INVALID_REPLICATION_FACTOR',
      'all brokers are fenced, so none could lead; wait until one is online',
    )
  }
  const racks = racksOf(brokers, random)
  const start = Math.floor(random() * racks.length)
  return Array.from({ length: partitions }, (_, partition) =>
    place(racks, replicationFactor, start + partition),
  )
}

function racksOf(brokers: readonly UsableBroker[], random: Random): readonly Rack[] {
  const byRack = Map.groupBy(brokers, ({ rack }) => rack ?? '')
  return Array.from(byRack)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, members]) => ({
      unfenced: shuffled(
        members.filter(({ fenced }) => !fenced),
        random,
      ),
      fenced: shuffled(
        members.filter(({ fenced }) => fenced),
        random,
      ),
    }))
}

/** Replicas of the partition of stripe `stripe`. */
function place(racks: readonly Rack[], replicationFactor: number, stripe: number): number[] {
  const turn = Math.floor(stripe / racks.length)
  const candidates = interleaved(
    rotated(racks, stripe).map(({ fenced, unfenced }) =>
      rotated(unfenced, turn).concat(rotated(fenced, turn)),
    ),
  )
  const leader = candidates.find(({ fenced }) => !fenced)
  const others = candidates.filter((broker) => broker !== leader)
  return (leader === undefined ? others : [leader, ...others])
    .slice(0, replicationFactor)
    .map(({ brokerId }) => brokerId)
}

/** The first of each list, then the second of each, until all are there. */
function interleaved<Item>(lists: readonly (readonly Item[])[]): Item[] {
  const longest = Math.max(...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, index) =>
    lists.flatMap((list) => list.slice(index, index + 1)),
  ).flat()
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const first = items.length === 0 ? 0 : by % items.length
  return [...items.slice(first), ...items.slice(0, first)]
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[], random: Random): readonly Item[] {
  const rest = [...items]
  return items.flatMap(() => rest.splice(Math.floor(random() * rest.length), 1))
}
