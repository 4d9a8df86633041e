import { readFile } from 'node:fs/promises'
import t from 'tap'
import { z } from 'zod'
import { parseConfig } from '../../src/config/load-config.ts'
import { configSchema } from '../../src/config/schema.ts'

const reference = await readFile(
  new URL('../../../../docs/reference/configuration.md', import.meta.url),
  'utf8',
)

interface Row {
  readonly key: string
  readonly fallback: string
  readonly unit: string
}

const rows: readonly Row[] = reference
  .split('\n')
  .filter((line) => line.startsWith('| `') && line.split('|').length === 6)
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, key, fallback, unit]) => ({ key: bare(key), fallback: bare(fallback), unit: unit ?? '' }))

function bare(cell: string | undefined): string {
  return (cell ?? '').replaceAll('`', '')
}

/** Every key of the schema, with dots where one is inside another. */
function keysOf(schema: z.ZodObject, prefix = ''): readonly string[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const inner = field instanceof z.ZodArray ? field.element : field
    const key = `${prefix}${name}`
    if (!(inner instanceof z.ZodObject)) return [key]
    const innerKeys = keysOf(inner, `${key}.`)
    return field instanceof z.ZodArray ? [key].concat(innerKeys) : innerKeys
  })
}

t.test('the reference lists every key, in the order of the schema, and no other', (t) => {
  t.strictSame(
    rows.map(({ key }) => key),
    keysOf(configSchema),
  )
  t.end()
})

t.test('the reference states every default as it is', (t) => {
  for (const { key, fallback } of rows.filter(({ key }) => !key.includes('.'))) {
    const field: z.ZodType = configSchema.shape[key as keyof typeof configSchema.shape]
    const absent = field.safeParse(undefined)
    const actual = absent.success ? JSON.stringify(absent.data ?? 'none').replaceAll('"', '') : 'required'
    t.equal(fallback, actual, key)
  }
  t.end()
})

t.test('the reference gives milliseconds as the unit of what ends in Ms, and of nothing else', (t) => {
  for (const { key, unit } of rows) t.equal(unit, key.endsWith('Ms') ? 'ms' : '', key)
  t.end()
})

t.test('the examples of the reference are good config files', (t) => {
  const examples = [...reference.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? '')
  t.equal(examples.length, 2)
  for (const text of examples) t.ok(parseConfig(text, 'configuration.md'))
  t.end()
})
