import Table from 'cli-table3'
import { violationsIn } from './campaign.ts'
import type { Row } from './campaign.ts'

/** All rows as a table for people. docs/testing.md says what the columns mean. */
export function formatTable(rows: readonly Row[]): string {
  const numbers = ['rounds', 'acknowledged', 'whole', 'reported', 'torn end']
  const violations = ['lost', 'hole', 'torn', 'wrong', 'forgotten', 'refused'] as const
  const table = new Table({
    head: ['campaign', 'target', ...numbers, ...violations, 'ok'],
    colAligns: ['left', 'left', ...[...numbers, ...violations].map(() => 'right' as const), 'left'],
    style: { head: [], border: [] },
  })
  for (const row of rows)
    table.push([
      row.campaign,
      row.target,
      ...[row.rounds, row.acknowledged, row.whole, row.reported, row.tornEnd].map(number),
      ...violations.map((violation) => number(row.violations[violation])),
      violationsIn([row]) === 0 ? 'yes' : 'NO',
    ])
  return table.toString()
}

function number(value: number): string {
  return value.toLocaleString('en')
}
