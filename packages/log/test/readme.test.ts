import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { logMetrics } from '../src/index.ts'

const home = join(import.meta.dirname, '..')
const readme = readFileSync(join(home, 'README.md'), 'utf8')

/** The first group of every match of `pattern`, sorted, each once. */
function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].toSorted()
}

/** The rows of the table below a heading, as their first cells. */
function tableOf(heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return found(section, /^\| `(\w+)`/gm)
}

t.test('the README lists every error code, and no other', async (t) => {
  const source = readFileSync(join(home, 'src', 'errors.ts'), 'utf8')
  t.strictSame(tableOf('Errors'), found(source, /^ {2}\| '(\w+)'$/gm))
})

t.test('the README lists every option of openLog, and no other', async (t) => {
  const source = readFileSync(join(home, 'src', 'options.ts'), 'utf8')
  t.strictSame(tableOf('Options'), found(source, /^ {2}readonly (\w+)\??: /gm))
})

t.test('the README lists every metric as the code describes it', async (t) => {
  const rows = [...readme.matchAll(/^\| `(log_\w+)` +\| (\w+) +\| (.+?) +\|$/gm)]
  t.strictSame(
    rows.map(([, name, kind, help]) => ({ name, kind, help })),
    logMetrics,
  )
})
