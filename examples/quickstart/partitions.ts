import type { MetadataImage, PartitionImage } from '@quorate/controller'

/** Every partition of the cluster. */
export function partitionsOf(image: MetadataImage): readonly PartitionImage[] {
  return [...image.topics.values()].flatMap(({ partitions }) => Array.from(partitions.values()))
}

/** How many partitions `brokerId` leads; with -1, how many have no leader. */
export function ledBy(image: MetadataImage, brokerId: number): number {
  let count = 0
  for (const [, numbers] of image.partitionsByLeader.get(brokerId) ?? []) count += numbers.size
  return count
}

/** How many partitions have `brokerId` in their in-sync set. */
export function inSyncAt(image: MetadataImage, brokerId: number): number {
  let count = 0
  for (const [, numbers] of image.partitionsByIsrMember.get(brokerId) ?? []) count += numbers.size
  return count
}

/** How many partitions have every replica in their in-sync set. */
export function fullyInSync(image: MetadataImage): number {
  return partitionsOf(image).filter(({ isr, replicas }) => isr.length === replicas.length).length
}

/** `orders.events-3: leader 5 -> 6, in sync [5 6 4] -> [6 4]` for partitions whose leader changed, one a topic. */
export function describeMoves(before: MetadataImage, after: MetadataImage, limit: number): readonly string[] {
  const lines: string[] = []
  for (const topic of after.topics.values()) {
    if (lines.length === limit) break
    const old = before.topics.get(topic.topicId)?.partitions
    for (const [number, { leader, isr }] of topic.partitions) {
      const was = old?.get(number)
      if (was === undefined || was.leader === leader) continue
      const inSync = `in sync [${was.isr.join(' ')}] -> [${isr.join(' ')}]`
      lines.push(`${topic.name}-${number}: leader ${was.leader} -> ${leader}, ${inSync}`)
      break
    }
  }
  return lines
}
