import type { PlantedBug } from '../planted-bug.ts'

/** Mistakes with snapshots, and with a log that begins where one ends. */
export const snapshotBugs: readonly PlantedBug[] = [
  {
    name: 'cuts the log before the snapshot is durable',
    edits: [
      {
        file: 'node/snapshot-keeper.ts',
        find: 'const writer = await createSnapshot(',
        replace: 'void this.#options.log.deleteBefore(offset)\n    const writer = await createSnapshot(',
      },
    ],
  },
  {
    name: 'installs a snapshot and leaves the log as it is',
    edits: [
      {
        file: 'node/log-writer.ts',
        find: 'this.#log.reset(snapshot.endOffset, snapshot.epoch).then(',
        replace: 'Promise.resolve().then(',
      },
    ],
  },
  {
    name: 'takes a snapshot for whole without looking at its checksum',
    edits: [
      {
        file: 'node/snapshot-receiver.ts',
        find: 'await this.#writer.finish({ bytes: totalBytes, checksum })',
        replace: 'await this.#writer.finish()',
      },
    ],
  },
  {
    name: 'makes a snapshot of a later state than it says',
    edits: [
      {
        file: 'node/snapshot-keeper.ts',
        find: 'encodePreamble(preamble()), snapshot())',
        replace: 'encodePreamble(preamble()), (async function* () { yield* snapshot() })())',
      },
    ],
  },
  {
    name: 'applies again what its snapshot stands for',
    edits: [
      {
        file: 'node/delivery.ts',
        find: 'this.#position = position\n',
        replace: 'this.#position = { ...position, offset: this.#position.offset }\n',
      },
    ],
  },
  {
    name: 'forgets the epoch that its log begins in',
    edits: [
      {
        file: 'core/log-view.ts',
        find: 'this.#startEpoch = epoch\n    this.#endOffset = endOffset',
        replace: 'this.#endOffset = endOffset',
      },
      {
        file: 'core/log-view.ts',
        find: 'this.#startEpoch = epoch\n    this.#epochs = this.#epochs.filter(',
        replace: 'this.#epochs = this.#epochs.filter(',
      },
    ],
  },
]
