import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { errorNumbers } from '../packages/controller/src/errors.ts'

const root = join(import.meta.dirname, '..')
const document = 'docs/reference/errors.md'

/** A code as the sources or the document have it. */
interface Code {
  readonly code: string
  /** The package whose sources name it, or whose section of the document lists it. */
  readonly package: string
}

/** How sources name a code that others can meet. What stands in `code`, or between quotes in `codes`, is one. */
const namings: readonly RegExp[] = [
  // type LogErrorCode = | 'LOG_CLOSED' | 'LOG_FAILED'
  /\btype \w*ErrorCode =(?<codes>(?:\s*\|?\s*'\w+')+)/g,
  // class InvariantError extends Error { readonly code = 'INVARIANT_BROKEN'
  /\breadonly code = '(?<code>\w+)'/g,
  // new RpcError('NODE_NOT_READY', and the constant of the same name for those who compare with it
  /\bnew RpcError\(\s*'(?<code>\w+)'/g,
  /\bexport const (?<code>[A-Z_]+) = '\k<code>'/g,
  // { code: 'INTERNAL' } for what has none; Node.js's own, such as ENOENT, are not ours
  /\bcode: '(?<code>(?!E[A-Z]+')[A-Z_]+)'/g,
]

function codesOfSource(text: string): string[] {
  return namings.flatMap((naming) =>
    [...text.matchAll(naming)].flatMap(({ groups = {} }) =>
      groups['code'] === undefined ? (groups['codes']?.match(/\w+/g) ?? []) : [groups['code']],
    ),
  )
}

/** Conformance suites throw codes of handlers they make up. */
const sources = globSync('packages/*/src/**/*.ts', {
  cwd: root,
  exclude: (name) => name === 'conformance' || name === 'node_modules',
})

const thrown: readonly Code[] = [
  ...sources.flatMap((file) =>
    codesOfSource(readFileSync(join(root, file), 'utf8')).map((code) => ({
      code,
      package: file.split(/[/\\]/)[1] ?? '',
    })),
  ),
  ...Object.keys(errorNumbers).map((code) => ({ code, package: 'controller' })),
]

/** The rows of the tables whose first cell is a code: `| `LOG_CLOSED` | ...`. */
const rows = readFileSync(join(root, document), 'utf8')
  .split(/^## /m)
  .slice(1)
  .flatMap((section) =>
    [...section.matchAll(/^\| `(\w+)` +\|(.*)\|$/gm)].map(([, code = '', cells = '']) => ({
      code,
      package: section.slice(0, section.indexOf('\n')),
      cells: cells.split(' | ').map((cell) => cell.trim()),
    })),
  )

/** The codes of `some` that `others` lack, each once. */
function missing(some: readonly Code[], others: readonly Code[]): string[] {
  const known = new Set(others.map(({ code }) => code))
  return [...new Set(some.map(({ code }) => code))].filter((code) => !known.has(code)).toSorted()
}

t.test('codes are found where sources name them', async (t) => {
  for (const [source, codes] of [
    ["export type AErrorCode = 'A_ONE'", ['A_ONE']],
    ["type AErrorCode =\n  | 'A_ONE'\n  | 'A_TWO'\n", ['A_ONE', 'A_TWO']],
    ["readonly code = 'A_ONE'", ['A_ONE']],
    ["throw new RpcError(\n  'A_ONE', message)", ['A_ONE']],
    ["export const A_ONE = 'A_ONE'", ['A_ONE']],
    ["return { code: 'A_ONE', message }", ['A_ONE']],
    ["throw new Error('A_ONE')", []],
  ] as const) {
    t.same(codesOfSource(source), codes, source)
  }
  for (const code of [
    'LOG_CLOSED',
    'RPC_TIMEOUT',
    'INVARIANT_BROKEN',
    'NODE_NOT_READY',
    'CONTROLLER_UNAVAILABLE',
  ]) {
    t.ok(
      thrown.some((found) => found.code === code),
      code,
    )
  }
})

t.test(`every code of the sources is in ${document}`, async (t) => {
  t.same(missing(thrown, rows), [], 'codes that the document lacks')
})

t.test(`every code in ${document} is one of the sources`, async (t) => {
  t.same(missing(rows, thrown), [], 'codes that nothing throws')
})

t.test(`${document} lists each code once, in the section of a package that names it`, async (t) => {
  const codes = rows.map(({ code }) => code)
  t.same(
    codes.filter((code, index) => codes.indexOf(code) !== index),
    [],
    'codes that are there twice',
  )
  const homes = Map.groupBy(thrown, ({ code }) => code)
  const misplaced = rows.filter(
    (row) => homes.get(row.code)?.every((home) => home.package !== row.package) === true,
  )
  t.same(
    misplaced.map(({ code, package: section }) => `${code} in ${section}`),
    [],
    'codes in the section of another package',
  )
})

t.test(`${document} gives Kafka's codes their numbers`, async (t) => {
  const numbered = rows.filter(({ cells }) => /^\d+$/.test(cells[0] ?? ''))
  t.same(Object.fromEntries(numbered.map(({ code, cells }) => [code, Number(cells[0])])), errorNumbers)
})

t.test(`${document} leaves no cell of a code empty`, async (t) => {
  const gaps = rows.filter(({ cells }) => cells.length < 4 || cells.includes(''))
  t.same(
    gaps.map(({ code }) => code),
    [],
  )
})
