import { LogError } from '../errors.ts'
import type { Finding } from './report.ts'

/**
 * The error for a log that lost data it had promised, or whose data cannot be trusted.
 *
 * `details.findings` says what was found, `details.offset` the first offset that cannot be trusted, where it is known.
 */
export function damagedError(path: string, findings: readonly Finding[], cause?: unknown): LogError {
  const [first] = findings
  const where = first?.file === undefined ? '' : `${first.file}: `
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  const offset = findings.find((finding) => finding.offset !== undefined)?.offset
  const message =
    `the log in ${path} is damaged: ${where}${first?.detail}${more}. ` +
    'Open it with allowDamaged to read what can be trusted'
  return new LogError('LOG_DAMAGED', message, { path, offset, findings }, { cause })
}

/** The finding that acknowledged writes are gone, if the database holds an older mark than was recorded. */
export function lostWrites(found: number, recorded: number): Finding[] {
  if (found >= recorded) return []
  const detail = `acknowledged writes are gone: the last mark is number ${found}, and number ${recorded} was recorded`
  return [{ kind: 'lost-writes', detail }]
}
