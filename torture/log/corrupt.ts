import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Tally } from './campaign.ts'
import type { Campaign } from './campaign.ts'
import { damage, kindOf } from './damage.ts'
import type { Damage } from './damage.ts'
import { judgeDamageOfAll } from './judge-damage.ts'
import { Reader } from './processes.ts'
import { seededRandom } from '../random.ts'
import type { Random } from '../random.ts'
import { makeTemplate, shapes } from './template.ts'
import type { Template } from './template.ts'
import { diskOf } from './torn-disk.ts'

const roundsOfOneTemplate = 250

/** One file of logs at rest is damaged, of every kind that there is in turn; a row for each kind. */
export const corrupt: Campaign = async ({ rounds, seed, logs = 1, directory, report }) => {
  const random = seededRandom(seed)
  const tallies = new Map<string, Tally>()
  const folder = join(directory, 'corrupt')
  const to = join(folder, 'damaged')
  mkdirSync(folder)
  await using reader = new Reader(directory)
  let template: Template | undefined
  for (let round = 0; round < rounds; round += 1) {
    if (template === undefined || round % roundsOfOneTemplate === 0)
      template = await nextTemplate(folder, logs, Math.floor(round / roundsOfOneTemplate), random)
    const kind = pickKind(template, round)
    const tally = tallies.get(kind) ?? new Tally(report)
    tallies.set(kind, tally)
    const damageSeed = random.seed()
    const done = damageCopy(template, kind, to, damageSeed)
    for (const states of template.states) tally.acknowledged(states.length - 1)

    const expected = template.states.map((states) => states.at(-1)!)
    const path = join(to, 'log')
    const mayBeTorn = missingThatMayBeTorn(template, done)
    let verdict = judgeDamageOfAll(await reader.read(path, expected), template.states, mayBeTorn)
    if ('outcome' in verdict && verdict.outcome === 'reported') {
      // Whoever insists sees what can be trusted, and only that.
      const insisting = await reader.read(path, expected, { allowDamaged: true })
      const second = judgeDamageOfAll(insisting, template.states, 0)
      if ('violation' in second) verdict = second
    }
    if ('outcome' in verdict) tally.good(verdict.outcome)
    else {
      const kept = join(directory, `corrupt-violation-${round}`)
      damageCopy(template, kind, kept, damageSeed)
      const what = `${done.how} of ${relative(to, done.path)} at ${done.position}`
      const left = `${template.closed ? 'closed' : 'killed'}, left in ${kept}`
      tally.bad(verdict.violation, verdict.what, `--corrupt, seed ${seed}, round ${round}: ${what}, ${left}`)
    }
  }
  rmSync(folder, { recursive: true })
  return [...tallies.keys()].toSorted().map((kind) => tallies.get(kind)!.row('corrupt', kind))
}

/** Each shape of a log, once closed and once left by a killed process. */
async function nextTemplate(folder: string, logs: number, index: number, random: Random): Promise<Template> {
  rmSync(join(folder, `template-${index - 1}`), { recursive: true, force: true })
  const shape = shapes[Math.floor(index / 2) % shapes.length]!
  return makeTemplate(join(folder, `template-${index}`), logs, shape, index % 2 === 0, random)
}

/** Kinds of files take turns, so that the smallest is damaged as often as the largest. */
function pickKind({ folder }: Template, round: number): string {
  const kinds = [...new Set(filesOf(folder).map(kindOf))].toSorted()
  return kinds[round % kinds.length]!
}

function damageCopy({ folder }: Template, kind: string, to: string, seed: number): Damage {
  if (existsSync(to)) rmSync(to, { recursive: true })
  cpSync(folder, to, { recursive: true })
  return damage(
    filesOf(to).filter((file) => kindOf(file) === kind),
    seededRandom(seed),
  )
}

function filesOf(folder: string): string[] {
  return [...diskOf(folder).files.keys()].toSorted()
}

/**
 * How many of the last requests may be missing after `done` without anybody being able to tell.
 *
 * A write-ahead log that was not closed and ends too early, or in zeros, looks as if the machine had stopped there: all
 * that is behind the last mark may be missing. One whose last write is bad looks as if that had been under way.
 */
function missingThatMayBeTorn(template: Template, { path, how, toEnd }: Damage): number {
  if (template.closed || kindOf(path) !== '#.log') return 0
  return how === 'cut' || (how === 'zero' && toEnd) ? Infinity : 1
}
