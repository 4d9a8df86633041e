import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Edit, PlantedBug } from './planted-bug.ts'

/** Where the sources of the raft package lie. */
const raftSources = new URL('.', import.meta.resolve('@quorate/raft'))

/** `source` with `edit` made. @throws Error if the text to replace is not there exactly once */
export function applyEdit(source: string, { file, find, replace }: Edit): string {
  const parts = source.split(find)
  if (parts.length === 2) return parts.join(replace)
  throw new Error(`${file} holds ${JSON.stringify(find)} ${parts.length - 1} times instead of once`)
}

/** Makes sure that every edit of `bug` still fits the source. @throws Error where one does not */
export function checkEdits(bug: PlantedBug): void {
  for (const edit of bug.edits)
    applyEdit(readFileSync(fileURLToPath(new URL(edit.file, raftSources)), 'utf8'), edit)
}

/**
 * From now on the raft package is loaded with `bug` in it, in this thread only.
 *
 * The code that ships knows nothing of planted bugs: the edits are made on the way from the disk to the engine.
 */
export function plant(bug: PlantedBug): void {
  const edits = new Map<string, Edit[]>()
  for (const edit of bug.edits) {
    const { href } = new URL(edit.file, raftSources)
    edits.set(href, [...(edits.get(href) ?? []), edit])
  }
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const here = edits.get(url)
      if (here === undefined) return loaded
      const source = here.reduce(applyEdit, sourceText(loaded.source))
      return { ...loaded, source }
    },
  })
}

function sourceText(source: unknown): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array)
}
