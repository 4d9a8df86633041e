import Table from 'cli-table3'

/** One line of a benchmark: what we measured, what the peer did in the same run, and what we promise. */
export interface Row {
  readonly row: string
  readonly value: number
  readonly unit: string
  /** What `peerValue` is of. */
  readonly peer: string
  readonly peerValue: number
  /** The ratio that keeps the promise; absent where nothing is promised. */
  readonly target?: number
  /** What the ratio must be to keep it. @default 'at least' */
  readonly promise?: 'at least' | 'at most'
}

/** A row with its verdict, as `--json` prints it. */
export interface Verdict extends Row {
  /** `value` divided by `peerValue`. */
  readonly ratio: number
  readonly ok: boolean
}

/** A benchmark yields its rows as it gets them. */
export type Benchmark = (options: BenchmarkOptions) => AsyncIterable<Row>

/** How much work a benchmark is to do. */
export interface BenchmarkOptions {
  /** Every figure is the median of so many. */
  readonly runs: number
  readonly seconds: number
  /** Size of what is made large on disk. */
  readonly gigabytes: number
  /** How often something is broken. */
  readonly rounds: number
}

/** Compares the value of `row` with its peer's. */
export function verdict(row: Row): Verdict {
  // What is shown is rounded, what is judged is not.
  const exact = row.value / row.peerValue
  const ratio = Number(exact.toFixed(2))
  const { target, promise = 'at least' } = row
  const ok = target === undefined || (promise === 'at least' ? exact >= target : exact <= target)
  return { ...row, ratio, ok }
}

/** The middle of `values`, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b)
  const middle = ascending.length / 2
  const [low = 0, high = 0] = [ascending[Math.ceil(middle) - 1], ascending[Math.floor(middle)]]
  return (low + high) / 2
}

/** All rows as a table for people. */
export function formatTable(rows: readonly Verdict[]): string {
  const table = new Table({
    head: ['row', 'value', 'unit', 'peer', 'value of peer', 'ratio', 'target', 'ok'],
    colAligns: ['left', 'right', 'left', 'left', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  })
  for (const { row, value, unit, peer, peerValue, ratio, target, promise, ok } of rows) {
    const wanted = target === undefined ? '' : promise === 'at most' ? `<= ${target}` : `>= ${target}`
    const verdictText = target === undefined ? '' : ok ? 'yes' : 'NO'
    table.push([row, number(value), unit, peer, number(peerValue), ratio, wanted, verdictText])
  }
  return table.toString()
}

function number(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 })
}
