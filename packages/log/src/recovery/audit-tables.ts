import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TableFile } from '../leveldb/manifest.ts'
import { verifyTable } from '../leveldb/table.ts'
import type { Finding } from './report.ts'

/** Which of LevelDB's tables to look at, and how closely. */
export interface TablesToAudit {
  readonly directory: string
  /** What is in the directory. */
  readonly files: ReadonlySet<string>
  readonly tables: readonly TableFile[]
  /** Bytes to read and verify at most, unless a bad table is found: then all are read. */
  readonly maxBytes: number
  /** Keys whose tables are verified first: small records that must not be found in an older state. */
  readonly keys: readonly Uint8Array[]
}

/** What was found. */
export interface TablesAudit {
  readonly findings: readonly Finding[]
  /** The tables that are there and have their length, and of those that were read, are as they were written. */
  readonly good: readonly TableFile[]
  readonly verified: number
  readonly verifiedBytes: number
}

/** Makes sure that LevelDB's tables are there and have their length, and verifies the newest of them, block by block. */
export async function auditTables(audit: TablesToAudit): Promise<TablesAudit> {
  const bad = new Map<TableFile, Finding>()
  findMissing(audit, bad)
  let [verified, verifiedBytes] = [0, 0]
  const skipped: TableFile[] = []
  const verify = async (table: TableFile): Promise<void> => {
    const file = tableFileName(table, audit.files)
    if (file === undefined || bad.has(table)) return
    const wrong = verifyTable(await readFile(join(audit.directory, file)))
    if (wrong !== undefined) bad.set(table, { kind: 'table', file, ...wrong })
    verified += 1
    verifiedBytes += table.bytes
  }
  for (const table of inOrderOfWorry(audit))
    if (verifiedBytes + table.bytes > audit.maxBytes) skipped.push(table)
    else await verify(table)
  // What LevelDB is shown of a damaged database must be good: some bytes make it end the process.
  if (bad.size > 0) for (const table of skipped) await verify(table)
  return {
    findings: [...bad.values()],
    good: audit.tables.filter((table) => !bad.has(table)),
    verified,
    verifiedBytes,
  }
}

/** LevelDB writes `.ldb`, and still reads the `.sst` of its first releases. `undefined` if there is neither. */
export function tableFileName(table: TableFile, files: ReadonlySet<string>): string | undefined {
  return ['ldb', 'sst'].map((suffix) => `${digits(table)}.${suffix}`).find((file) => files.has(file))
}

function findMissing({ directory, files, tables }: TablesToAudit, bad: Map<TableFile, Finding>): void {
  for (const table of tables) {
    const file = tableFileName(table, files)
    if (file === undefined) {
      bad.set(table, {
        kind: 'table',
        file: `${digits(table)}.ldb`,
        detail: 'the manifest names it, and it is missing',
      })
      continue
    }
    // Thousands of files: waiting for each takes longer than asking.
    const { size } = statSync(join(directory, file))
    if (size === table.bytes) continue
    const detail = `it is ${size} bytes long, and was written with ${table.bytes}`
    bad.set(table, { kind: 'table', file, position: Math.min(size, table.bytes), detail })
  }
}

/** Those that may hold one of the keys first, then the newest first. */
function inOrderOfWorry({ tables, keys }: TablesToAudit): readonly TableFile[] {
  const mayHoldKey = ({ smallest, largest }: TableFile): boolean =>
    keys.some(
      (key) => Buffer.compare(userKey(smallest), key) <= 0 && Buffer.compare(key, userKey(largest)) <= 0,
    )
  return tables
    .map((table) => ({ table, first: mayHoldKey(table) ? 1 : 0 }))
    .toSorted((a, b) => b.first - a.first || b.table.number - a.table.number)
    .map(({ table }) => table)
}

function digits({ number }: TableFile): string {
  return String(number).padStart(6, '0')
}

function userKey(internalKey: Uint8Array): Uint8Array {
  return internalKey.subarray(0, -8)
}
