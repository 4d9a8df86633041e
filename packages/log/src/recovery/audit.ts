import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { auditManifest } from '../leveldb/manifest.ts'
import type { Manifest, TableFile } from '../leveldb/manifest.ts'
import { verifyTable } from '../leveldb/table.ts'
import { auditWriteAheadLogs } from '../leveldb/write-ahead-log.ts'
import type { Finding, RecoveryReport } from './report.ts'

const concurrentStats = 32

/** What to look at more closely. */
export interface AuditOptions {
  /** Bytes of tables to read and verify at most. */
  readonly maxTableBytes: number
  /** Keys whose tables are verified first: small records that must not be found in an older state. */
  readonly keys: readonly Uint8Array[]
}

/** The files of LevelDB, audited. `state` is what they say by themselves: `torn` may turn out to be damage. */
export type DirectoryAudit = Omit<RecoveryReport, 'mark'>

/**
 * Looks at LevelDB's files in `directory` before LevelDB does, and changes nothing. LevelDB drops damaged parts of its
 * write-ahead log in silence, reads tables without their checksums, and ends the process when some bytes are bad.
 *
 * Verified are CURRENT, the manifest, the existence and length of all tables, the write-ahead logs, and the newest
 * tables up to a limit.
 *
 * @throws what the file system throws
 */
export async function auditDirectory(directory: string, options: AuditOptions): Promise<DirectoryAudit> {
  const files = new Set(await readdir(directory))
  const { manifest, finding } = await auditManifest(directory)
  if (manifest === undefined) return { ...untouched, state: 'damaged', findings: [finding] }
  const findings = [...missingLog(manifest, files), ...(await missingTables(directory, manifest, files))]
  const numbers = [...files].flatMap((file) => {
    const number = Number(/^(\d+)\.log$/.exec(file)?.[1])
    return number >= manifest.logNumber || number === manifest.previousLogNumber ? [number] : []
  })
  const { lastSequence } = manifest
  const logs = await auditWriteAheadLogs({
    directory,
    numbers: numbers.toSorted((a, b) => a - b),
    lastSequence,
  })
  findings.push(...logs.findings)
  // Tables that are not there or not whole have been reported.
  const tables = findings.some(({ kind }) => kind === 'table')
    ? { finding: undefined, verified: 0, verifiedBytes: 0 }
    : await verifyTables(directory, inOrderOfWorry(manifest.tables, options.keys), options.maxTableBytes)
  if (tables.finding !== undefined) findings.push(tables.finding)
  return {
    state: findings.length > 0 ? 'damaged' : logs.tornBytes > 0 ? 'torn' : 'intact',
    findings,
    writeAheadLog: { records: logs.records, bytes: logs.bytes, tornBytes: logs.tornBytes },
    tables: {
      live: manifest.tables.length,
      verified: tables.verified,
      verifiedBytes: tables.verifiedBytes,
    },
  }
}

const untouched = {
  writeAheadLog: { records: 0, bytes: 0, tornBytes: 0 },
  tables: { live: 0, verified: 0, verifiedBytes: 0 },
}

/**
 * The write-ahead log that the manifest names is removed only after a manifest that names a later one is on disk. If it
 * is gone, then either it or the end of the manifest was lost. LevelDB itself does not miss it.
 */
function missingLog(manifest: Manifest, files: ReadonlySet<string>): Finding[] {
  const file = `${String(manifest.logNumber).padStart(6, '0')}.log`
  if (manifest.logNumber === 0 || files.has(file)) return []
  return [{ kind: 'write-ahead-log', file, detail: `${manifest.name} names it, and it is missing` }]
}

/** Tables that are not there, or are shorter or longer than when they were written. */
async function missingTables(
  directory: string,
  manifest: Manifest,
  files: ReadonlySet<string>,
): Promise<Finding[]> {
  const findings: Finding[] = []
  const rest = manifest.tables.values()
  const check = async (): Promise<void> => {
    for (const table of rest) {
      const file = tableFileName(table, files)
      if (file === undefined) {
        const detail = `${manifest.name} names it, and it is missing`
        findings.push({ kind: 'table', file: `${tableNumber(table)}.ldb`, detail })
        continue
      }
      const { size } = await stat(join(directory, file))
      if (size === table.bytes) continue
      const detail = `it is ${size} bytes long, and was written with ${table.bytes}`
      findings.push({ kind: 'table', file, position: Math.min(size, table.bytes), detail })
    }
  }
  await Promise.all(Array.from({ length: concurrentStats }, check))
  return findings
}

/** Those that hold one of `keys` first, then the newest first. */
function inOrderOfWorry(tables: readonly TableFile[], keys: readonly Uint8Array[]): readonly TableFile[] {
  const holdsKey = ({ smallest, largest }: TableFile): boolean =>
    keys.some(
      (key) => Buffer.compare(userKey(smallest), key) <= 0 && Buffer.compare(key, userKey(largest)) <= 0,
    )
  return tables
    .map((table) => ({ table, first: holdsKey(table) ? 1 : 0 }))
    .toSorted((a, b) => b.first - a.first || b.table.number - a.table.number)
    .map(({ table }) => table)
}

async function verifyTables(
  directory: string,
  tables: readonly TableFile[],
  maxBytes: number,
): Promise<{ finding: Finding | undefined; verified: number; verifiedBytes: number }> {
  const files = new Set(await readdir(directory))
  let [verified, verifiedBytes] = [0, 0]
  for (const table of tables) {
    if (verifiedBytes + table.bytes > maxBytes) continue
    const file = tableFileName(table, files)!
    const bad = verifyTable(await readFile(join(directory, file)))
    if (bad !== undefined) return { finding: { kind: 'table', file, ...bad }, verified, verifiedBytes }
    verified += 1
    verifiedBytes += table.bytes
  }
  return { finding: undefined, verified, verifiedBytes }
}

/** LevelDB writes `.ldb`, and still reads the `.sst` of its first releases. */
export function tableFileName(table: TableFile, files: ReadonlySet<string>): string | undefined {
  return ['ldb', 'sst'].map((suffix) => `${tableNumber(table)}.${suffix}`).find((file) => files.has(file))
}

function tableNumber({ number }: TableFile): string {
  return String(number).padStart(6, '0')
}

function userKey(internalKey: Uint8Array): Uint8Array {
  return internalKey.subarray(0, -8)
}
