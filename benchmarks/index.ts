/**
 * Runs one benchmark: `pnpm bench <name> [--json] [--runs N] [--seconds S] [--gigabytes G] [--rounds N]`.
 *
 * Every other file in this folder that exports `benchmark` is one.
 */
import { readdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { formatTable, verdict } from './table.ts'
import type { Benchmark, Verdict } from './table.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    gigabytes: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '100' },
  },
})

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && file !== 'index.ts' && file !== 'table.ts')
  .map((file) => file.slice(0, -'.ts'.length))
const [name] = positionals
const [runs, seconds, gigabytes, rounds] = [values.runs, values.seconds, values.gigabytes, values.rounds].map(
  Number,
) as [number, number, number, number]

if (name === undefined || !names.includes(name)) fail(`which benchmark? There is: ${names.join(', ')}`)
if (!Number.isInteger(runs) || runs < 1) fail('--runs must be a whole number from 1')
if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds must be a whole number from 1')
if (!(seconds > 0)) fail('--seconds must be above 0')
if (!(gigabytes > 0)) fail('--gigabytes must be above 0')

const { benchmark } = (await import(`./${name}.ts`)) as { benchmark: Benchmark }
const rows: Verdict[] = []
for await (const row of benchmark({ runs, seconds, gigabytes, rounds })) {
  const line = verdict(row)
  rows.push(line)
  if (values.json) process.stdout.write(`${JSON.stringify(line)}\n`)
  else process.stderr.write(`${line.row}: ${line.ratio} of ${line.peer}\n`)
}
if (!values.json) process.stdout.write(`${formatTable(rows)}\n`)

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
