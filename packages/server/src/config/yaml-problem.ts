import { isMap, isNode, isPair, isScalar, type Document, type LineCounter } from 'yaml'
import type { z } from 'zod'
import { nearestName } from './nearest-name.ts'

/** One thing that is wrong in a YAML document, and the line it is on, counted from 1. */
export interface YamlProblem {
  readonly line: number
  readonly what: string
}

/**
 * The first of `issues` as a sentence about the YAML text that `document` was parsed from.
 *
 * An unknown key is named together with the nearest of the keys that its place in `schema` knows.
 */
export function yamlProblem(
  issues: readonly z.core.$ZodIssue[],
  document: Document,
  lines: LineCounter,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[],
): YamlProblem {
  const issue = issues[0]
  if (issue === undefined) return { line: 1, what: 'the document is not valid' }
  if (issue.code !== 'unrecognized_keys') {
    const place = issue.path.length === 0 ? 'the document' : `"${issue.path.join('.')}"`
    return { line: lineOf(document, issue.path, lines), what: `${place}: ${lowerFirst(issue.message)}` }
  }
  const key = issue.keys[0] ?? ''
  const nearest = nearestName(key, knownKeys(issue.path))
  const suggestion = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  const path = [...issue.path, key].join('.')
  return { line: lineOfKey(document, issue.path, key, lines), what: `unknown key "${path}"${suggestion}` }
}

/** Line of the deepest node on `path` that is there: a missing key is reported where it should have been. */
export function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}

function lineOfKey(
  document: Document,
  path: readonly PropertyKey[],
  key: string,
  lines: LineCounter,
): number {
  const map: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
  if (isMap(map)) {
    for (const pair of map.items) {
      if (!isPair(pair) || !isScalar(pair.key) || String(pair.key.value) !== key) continue
      if (pair.key.range) return lines.linePos(pair.key.range[0]).line
    }
  }
  return lineOf(document, path, lines)
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
