/**
 * Breaks things under a package and counts what was lost:
 *
 *     pnpm torture log [--kill N] [--power-cut N] [--corrupt N] [--full N] [--logs N] [--seed S] [--json] [--directory DIR]
 *
 * Ends with exit code 1 when anything was. docs/testing.md describes the campaigns.
 */
import { randomInt } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { violationsIn } from './campaign.ts'
import type { Campaign, Row } from './campaign.ts'
import { corrupt } from './corrupt.ts'
import { full } from './full.ts'
import { kill } from './kill.ts'
import { powerCut } from './power-cut.ts'
import { formatTable } from './table.ts'

const campaigns: Readonly<Record<string, { readonly campaign: Campaign; readonly rounds: number }>> = {
  kill: { campaign: kill, rounds: 50 },
  'power-cut': { campaign: powerCut, rounds: 200 },
  corrupt: { campaign: corrupt, rounds: 1000 },
  full: { campaign: full, rounds: 20 },
}
const usage = `pnpm torture log [--kill N] [--power-cut N] [--corrupt N] [--full N] [--logs N] [--seed S] [--json] [--directory DIR]`

// Ends as a program ends that was asked to, so that what it mounted goes with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

const { target, wanted, seed, logs, json, directory } = readArguments()
const rows: Row[] = []
try {
  for (const [name, rounds] of wanted) {
    process.stderr.write(`${target}: ${name}, ${rounds} rounds, seed ${seed}\n`)
    const found = await campaigns[name]!.campaign({
      rounds,
      seed,
      logs,
      directory,
      report: (line) => process.stderr.write(`${line}\n`),
    })
    for (const { target: broken, ...counts } of found) {
      const row = { ...counts, target: logs === 1 ? broken : `${broken}, ${logs} logs` }
      rows.push(row)
      if (json) process.stdout.write(`${JSON.stringify({ ...row, seed })}\n`)
    }
  }
} catch (error) {
  fail(error instanceof Error ? error.message : String(error))
}
if (!json) process.stdout.write(`${formatTable(rows)}\n`)
if (violationsIn(rows) > 0) {
  process.stderr.write(`violations: ${violationsIn(rows)}; what is left of them is in ${directory}\n`)
  process.exitCode = 1
} else rmSync(directory, { recursive: true })

function readArguments(): {
  target: string
  wanted: readonly (readonly [string, number])[]
  seed: number
  logs: number
  json: boolean
  directory: string
} {
  const numbers = Object.fromEntries(
    Object.keys(campaigns).map((name) => [name, { type: 'string' } as const]),
  )
  let parsed
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        ...numbers,
        seed: { type: 'string' },
        logs: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        directory: { type: 'string' },
      },
    })
  } catch (error) {
    return fail(`${(error as Error).message}\n${usage}`)
  }
  const { positionals, values } = parsed as {
    positionals: string[]
    values: Record<string, string | boolean | undefined>
  }
  const [target = ''] = positionals
  if (target !== 'log' || positionals.length > 1) fail(`what to torture? There is: log\n${usage}`)
  const named = Object.keys(campaigns).filter((name) => values[name] !== undefined)
  const wanted = (named.length > 0 ? named : Object.keys(campaigns)).map(
    (name) => [name, wholeNumber(name, values[name] ?? String(campaigns[name]!.rounds))] as const,
  )
  const parent = typeof values['directory'] === 'string' ? resolve(values['directory']) : tmpdir()
  mkdirSync(parent, { recursive: true })
  return {
    target,
    wanted,
    seed: wholeNumber('seed', values['seed'] ?? String(randomInt(2 ** 31))),
    logs: wholeNumber('logs', values['logs'] ?? '1'),
    json: values['json'] === true,
    directory: mkdtempSync(join(parent, 'quorate-torture-')),
  }
}

function wholeNumber(name: string, value: string | boolean): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1) fail(`--${name} must be a whole number from 1`)
  return number
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
