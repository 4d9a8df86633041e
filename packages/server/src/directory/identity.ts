import { open, readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { ServerError } from '../errors.ts'
import { layoutOf } from './layout.ts'

/** Letters, digits, `_` and `-`; 64 at most. */
export const clusterId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)

const identitySchema = z.strictObject({
  version: z.literal(1),
  clusterId,
  nodeId: z.int().min(0),
  directoryId: z.string().min(1).max(64),
  /** The directory was made for a cluster that was there already: its empty log never makes it a voter. */
  joins: z.literal(true).exactOptional(),
})

/** Whose a data directory is. Never changes once written. */
export type Identity = Omit<z.output<typeof identitySchema>, 'version'>

/**
 * Reads the identity of `directory`; `undefined` when there is none.
 *
 * @throws DIRECTORY_DAMAGED when it is there and cannot be understood
 */
export async function readIdentity(directory: string): Promise<Identity | undefined> {
  const path = layoutOf(directory).identity
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw damaged(`${path} cannot be read (${code})`, cause)
  }
  const identity = identitySchema.safeParse(parseJson(text))
  if (!identity.success) throw damaged(`${path} is not an identity of format version 1`, identity.error)
  const { version: _, ...rest } = identity.data
  return rest
}

/**
 * Writes the identity of `directory`, all of it or none: written aside, synced, renamed, and the directory synced.
 * Resolves when it survives a power cut.
 */
export async function writeIdentity(directory: string, identity: Identity): Promise<void> {
  const layout = layoutOf(directory)
  const file = await open(layout.identityAside, 'w')
  try {
    await file.writeFile(`${JSON.stringify({ version: 1, ...identity }, undefined, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(layout.identityAside, layout.identity)
  await syncDirectory(directory)
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function damaged(what: string, cause: unknown): ServerError {
  return new ServerError(
    'DIRECTORY_DAMAGED',
    what,
    'Restore the file from a backup, or give the node another directory and format it',
    { cause },
  )
}
