import type { SnapshotId } from './snapshots.ts'

const pattern = /^(\d{20})-(\d{10})\.snapshot$/

/** The file of a snapshot: its end offset in 20 digits, its epoch in 10. Names sort as the snapshots do. */
export function snapshotName({ endOffset, epoch }: SnapshotId): string {
  return `${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.snapshot`
}

/** The file of a snapshot that is being written. */
export function partName(id: SnapshotId): string {
  return `${snapshotName(id)}.part`
}

/** Whether `name` is one that {@link partName} gives. */
export function isPartName(name: string): boolean {
  return name.endsWith('.part') && pattern.test(name.slice(0, -'.part'.length))
}

/** The snapshot whose file is called `name`; `undefined` for any other file. */
export function snapshotIdOf(name: string): SnapshotId | undefined {
  const match = pattern.exec(name)
  if (match === null) return undefined
  return { endOffset: Number(match[1]), epoch: Number(match[2]) }
}
