import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { raftMetrics } from '../src/index.ts'

const home = join(import.meta.dirname, '..')
const readme = readFileSync(join(home, 'README.md'), 'utf8')

/** The first group of every match of `pattern`, sorted, each once. */
function found(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].toSorted()
}

t.test('the README lists every metric as the code describes it', async (t) => {
  const rows = [...readme.matchAll(/^\| `(raft_\w+)` +\| (\w+) +\| (.+?) +\| (.+?) +\|$/gm)]
  t.strictSame(
    rows.map(([, name, kind, kafka, help]) => ({ name, kind, kafka, help })),
    raftMetrics,
  )
})

t.test('the README lists every option with a default', async (t) => {
  const source = readFileSync(join(home, 'src', 'node', 'options.ts'), 'utf8')
  const tuning = source.split('export interface RaftTuning {')[1]?.split('\n}')[0] ?? ''
  const section = readme.split('\n## Options\n')[1]?.split('\n## ')[0] ?? ''
  t.strictSame(found(section, /^\| `(\w+)`/gm), found(tuning, /^ {2}readonly (\w+)\??: /gm))
})
