import Table from 'cli-table3'

/** A column of a table. */
export interface Column {
  readonly title: string
  /** @default 'left' */
  readonly align?: 'left' | 'right'
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/**
 * Lines of a table without rules: titles in capitals, columns two spaces apart. Plain text, so that a pipe can cut it
 * by columns.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const titles = columns.map(({ title }) => title.toUpperCase())
  return layOut(columns, [titles, ...rows])
}

/** Lines of names and what they stand for, without titles. */
export function renderPairs(pairs: readonly (readonly [name: string, value: string | number])[]): string {
  return layOut([{ title: 'name' }, { title: 'value' }], pairs)
}

function layOut(columns: readonly Column[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: noBorders,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
  })
  for (const row of rows) table.push(row.map(String))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
