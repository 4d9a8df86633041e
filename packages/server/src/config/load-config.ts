import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { ServerError } from '../errors.ts'
import { configSchema, findInconsistency, knownConfigKeys, type Config } from './schema.ts'
import { lineOf, yamlProblem, type YamlProblem } from './yaml-problem.ts'

/**
 * Reads and checks the config file at `path`. A relative `dataDirectory` is relative to the file, not to the shell.
 *
 * @throws CONFIG_NOT_READABLE, CONFIG_INVALID (the message names file and line)
 */
export async function loadConfig(path: string): Promise<Config> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ServerError(
      'CONFIG_NOT_READABLE',
      `the config file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`,
      'Give the path of a readable file to --config',
      { cause },
    )
  }
  const config = parseConfig(text, path)
  return { ...config, dataDirectory: resolve(dirname(path), config.dataDirectory) }
}

/**
 * Checks the text of a config file and fills in the defaults. `name` is what errors call the file.
 *
 * @throws CONFIG_INVALID
 */
export function parseConfig(text: string, name: string): Config {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const broken = document.errors[0]
  if (broken) throw invalid(name, { line: lines.linePos(broken.pos[0]).line, what: broken.message })

  const result = configSchema.safeParse(document.toJS())
  if (!result.success) {
    throw invalid(name, yamlProblem(result.error.issues, document, lines, knownConfigKeys))
  }
  const inconsistency = findInconsistency(result.data)
  if (inconsistency) {
    throw invalid(name, { line: lineOf(document, inconsistency.path, lines), what: inconsistency.what })
  }
  return result.data
}

function invalid(name: string, { line, what }: YamlProblem): ServerError {
  return new ServerError(
    'CONFIG_INVALID',
    `${name}:${line}: ${what}`,
    'Correct the file; docs/reference/configuration.md lists every key',
  )
}
