import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Finding } from '../recovery/report.ts'
import { ByteReader } from './coding.ts'
import { scanRecordLog } from './record-log.ts'

/** Largest record of a manifest that is read: the list of all tables, a hundred bytes and two keys each. */
const maxRecordBytes = 256 * 1024 * 1024

/** Fields of a version edit, in LevelDB's numbering. */
export const editField = {
  comparator: 1,
  logNumber: 2,
  nextFileNumber: 3,
  lastSequence: 4,
  compactPointer: 5,
  deletedFile: 6,
  newFile: 7,
  previousLogNumber: 9,
} as const

/** A table that is part of the database. The keys are internal ones: LevelDB's 8 bytes are behind the user's. */
export interface TableFile {
  readonly number: number
  readonly level: number
  readonly bytes: number
  readonly smallest: Uint8Array
  readonly largest: Uint8Array
}

/** What the manifest says the database consists of. */
export interface Manifest {
  readonly name: string
  readonly tables: readonly TableFile[]
  /** Write-ahead logs with this number or a larger one are replayed. 0 while there never was one. */
  readonly logNumber: number
  readonly previousLogNumber: number
  /** Above that of every file. */
  readonly nextFileNumber: number
  readonly lastSequence: number
}

/** The manifest, or what is wrong with it. */
export type ManifestAudit =
  | { readonly manifest: Manifest; readonly finding?: undefined }
  | { readonly manifest?: undefined; readonly finding: Finding }

/**
 * Reads the manifest that CURRENT names, as LevelDB will.
 *
 * A last record that is cut short is what a crash leaves, and is ignored, as LevelDB does. That the manifest was cut
 * back further shows elsewhere: a table or a write-ahead log that it still names is gone.
 */
export async function auditManifest(directory: string): Promise<ManifestAudit> {
  const current = await readFile(join(directory, 'CURRENT'), 'latin1')
  const name = /^(MANIFEST-\d{6,})\n$/.exec(current)?.[1]
  if (name === undefined) return { finding: bad('current', 'CURRENT', 'CURRENT names no manifest') }
  const edits = new Edits()
  try {
    const file = await open(join(directory, name), 'r')
    try {
      const scan = await scanRecordLog(file, {
        maxKeptBytes: maxRecordBytes,
        record: (kept) => edits.apply(kept),
        follows: () => true,
      })
      if (scan.end === 'damaged') {
        const detail = `the manifest cannot be read from byte ${scan.badAt} of ${scan.bytes} on, and more was written after it`
        return { finding: { ...bad('manifest', name, detail), position: scan.badAt! } }
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof RangeError)
      return { finding: bad('manifest', name, `the manifest makes no sense: ${error.message}`) }
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { finding: bad('manifest', name, 'the manifest that CURRENT names is missing') }
  }
  const manifest = edits.manifest(name)
  return manifest === undefined
    ? { finding: bad('manifest', name, 'the manifest does not say what the database consists of') }
    : { manifest }
}

function bad(kind: 'current' | 'manifest', file: string, detail: string): Finding {
  return { kind, file, detail }
}

/** Sums up the version edits of a manifest. */
class Edits {
  readonly #tables = new Map<number, TableFile>()
  #logNumber: number | undefined
  #previousLogNumber = 0
  #nextFileNumber: number | undefined
  #lastSequence: number | undefined

  manifest(name: string): Manifest | undefined {
    const [logNumber, nextFileNumber] = [this.#logNumber, this.#nextFileNumber]
    const [previousLogNumber, lastSequence] = [this.#previousLogNumber, this.#lastSequence]
    if (logNumber === undefined || nextFileNumber === undefined || lastSequence === undefined)
      return undefined
    const tables = [...this.#tables.values()]
    return { name, tables, logNumber, previousLogNumber, nextFileNumber, lastSequence }
  }

  /** @throws RangeError when the edit makes no sense */
  apply(edit: Uint8Array): void {
    const reader = new ByteReader(edit)
    const added: TableFile[] = []
    while (!reader.atEnd) {
      const field = reader.varint()
      if (field === editField.comparator) reader.lengthPrefixed()
      else if (field === editField.logNumber) this.#logNumber = reader.varint()
      else if (field === editField.previousLogNumber) this.#previousLogNumber = reader.varint()
      else if (field === editField.nextFileNumber) this.#nextFileNumber = reader.varint()
      else if (field === editField.lastSequence) this.#lastSequence = reader.varint()
      else if (field === editField.compactPointer) {
        reader.varint()
        reader.lengthPrefixed()
      } else if (field === editField.deletedFile) {
        reader.varint()
        this.#tables.delete(reader.varint())
      } else if (field === editField.newFile) added.push(readTable(reader))
      else throw new RangeError(`unknown field ${field}`)
    }
    // A table that moves to another level is deleted and added by one edit, in either order.
    for (const table of added) this.#tables.set(table.number, table)
  }
}

function readTable(reader: ByteReader): TableFile {
  const [level, number, bytes] = [reader.varint(), reader.varint(), reader.varint()]
  return { level, number, bytes, smallest: reader.lengthPrefixed(), largest: reader.lengthPrefixed() }
}
