import { readdir } from 'node:fs/promises'
import { auditManifest } from '../leveldb/manifest.ts'
import type { Manifest, TableFile } from '../leveldb/manifest.ts'
import { auditWriteAheadLogs } from '../leveldb/write-ahead-log.ts'
import { auditTables } from './audit-tables.ts'
import type { Finding, RecoveryReport } from './report.ts'

/** What to look at more closely. */
export interface AuditOptions {
  /** Bytes of tables to read and verify at most. */
  readonly maxTableBytes: number
  /** Keys whose tables are verified first. */
  readonly keys: readonly Uint8Array[]
}

/** What LevelDB's files say by themselves: `torn` may turn out to be damage. */
export interface DirectoryAudit {
  readonly report: Omit<RecoveryReport, 'mark'>
  /** What LevelDB may be shown; `undefined` if nobody knows what the database consists of. */
  readonly readable: { readonly manifest: Manifest; readonly tables: readonly TableFile[] } | undefined
}

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
  if (manifest === undefined) return unreadable(finding)
  const logs = await auditWriteAheadLogs({
    directory,
    numbers: replayed(manifest, files),
    lastSequence: manifest.lastSequence,
  })
  const { maxTableBytes: maxBytes, keys } = options
  const tables = await auditTables({ directory, files, tables: manifest.tables, maxBytes, keys })
  const findings = [...missingLog(manifest, files), ...logs.findings, ...tables.findings]
  return {
    report: {
      state: findings.length > 0 ? 'damaged' : logs.tornBytes > 0 ? 'torn' : 'intact',
      findings,
      writeAheadLog: { records: logs.records, bytes: logs.bytes, tornBytes: logs.tornBytes },
      tables: {
        live: manifest.tables.length,
        verified: tables.verified,
        verifiedBytes: tables.verifiedBytes,
      },
    },
    readable: { manifest, tables: tables.good },
  }
}

function unreadable(finding: Finding): DirectoryAudit {
  return {
    report: {
      state: 'damaged',
      findings: [finding],
      writeAheadLog: { records: 0, bytes: 0, tornBytes: 0 },
      tables: { live: 0, verified: 0, verifiedBytes: 0 },
    },
    readable: undefined,
  }
}

/** Numbers of the write-ahead logs that LevelDB will replay, in that order. */
function replayed({ logNumber, previousLogNumber }: Manifest, files: ReadonlySet<string>): number[] {
  return [...files]
    .flatMap((file) => {
      const number = Number(/^(\d+)\.log$/.exec(file)?.[1])
      return number >= logNumber || number === previousLogNumber ? [number] : []
    })
    .toSorted((a, b) => a - b)
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
