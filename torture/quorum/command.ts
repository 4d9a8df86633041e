/**
 * Breaks the processes of a key-value store and judges what its clients saw:
 *
 *     pnpm torture quorum [--minutes M] [--nodes N] [--seed S] [--json] [--directory DIR]
 *
 * Ends with exit code 1 when anything was lost or out of order, or when the outcome of 1 % of the calls was unknown.
 */
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { runCampaign } from './campaign.ts'

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '10' },
    nodes: { type: 'string', default: '3' },
    seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
    json: { type: 'boolean', default: false },
    directory: { type: 'string', default: tmpdir() },
  },
})
const [minutes, nodes, seed] = [values.minutes, values.nodes, values.seed].map(Number) as [
  number,
  number,
  number,
]
if (!(minutes > 0)) fail('--minutes must be above 0')
if (!Number.isInteger(nodes) || nodes < 1) fail('--nodes must be a whole number from 1')
if (!Number.isInteger(seed)) fail('--seed must be a whole number')
mkdirSync(resolve(values.directory), { recursive: true })
const directory = mkdtempSync(join(resolve(values.directory), 'quorate-torture-'))

process.stderr.write(`quorum: ${nodes} nodes, ${minutes} minutes, seed ${seed}\n`)
const result = await runCampaign({
  nodes,
  minutes,
  seed,
  directory,
  report: (line) => process.stderr.write(`${line}\n`),
})

const { outcomes, operations, violations } = result
const unknownPercent = Number(((outcomes.unknown * 100) / operations).toFixed(2))
const broken = (rule: string): number => violations.filter((violation) => violation.rule === rule).length
const rows = {
  operations,
  done: outcomes.done,
  'condition did not hold': outcomes.conflict,
  'refused, certainly not done': outcomes.refused,
  unknown: outcomes.unknown,
  'unknown %': unknownPercent,
  SIGKILL: result.kills,
  'SIGSTOP and SIGCONT': result.stops,
  'of these at the leader': result.leaders,
  transfers: result.transfers,
  'longest time without an operation, ms': Math.round(result.longestGapMs),
  'acknowledged and lost': broken('lost'),
  'refused and done': broken('resurrected'),
  'out of order': broken('disorder'),
  'not linearizable': broken('not linearizable'),
}
if (values.json) process.stdout.write(`${JSON.stringify({ nodes, minutes, seed, ...rows })}\n`)
else {
  const table = new Table({ colAligns: ['left', 'right'], style: { head: [], border: [] } })
  for (const [name, value] of Object.entries(rows)) table.push([name, value.toLocaleString('en')])
  process.stdout.write(`${table.toString()}\n`)
}
if (violations.length > 0) process.stderr.write(`what is left of it is in ${directory}\n`)
else rmSync(directory, { recursive: true })
if (violations.length > 0 || unknownPercent >= 1) process.exitCode = 1

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
