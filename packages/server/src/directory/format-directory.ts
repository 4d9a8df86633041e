import { mkdir, rm } from 'node:fs/promises'
import { createLog } from '@quorate/log'
import { ServerError } from '../errors.ts'
import { randomId, type RandomId } from '../random-id.ts'
import { guardDirectory, notWritable } from './guard.ts'
import { clusterId as clusterIdSchema, writeIdentity, type Identity } from './identity.ts'
import { halfFormatted, inspectDirectory } from './inspect.ts'
import { layoutOf } from './layout.ts'

/** What {@link formatDirectory} needs to know. */
export interface FormatOptions {
  readonly directory: string
  readonly clusterId: string
  readonly nodeId: number
  /** Leaves a directory alone that was already formatted for the same node of the same cluster. @default false */
  readonly ignoreFormatted?: boolean
  /** The cluster is there already, so the node must not take itself for one of its first voters. @default false */
  readonly joins?: boolean
  /** Makes the directory id. @default 128 random bits */
  readonly randomId?: RandomId
}

/** What {@link formatDirectory} found or made. */
export interface Formatted extends Identity {
  /** False if the directory was formatted before. */
  readonly created: boolean
}

/**
 * Makes `directory` the home of one node, once: creates its empty log, and then, last, its identity. A node starts only
 * where the identity is, so a format that was cut short never looks finished. If a step fails, what was made is removed.
 *
 * @returns when all of it is on disk
 * @throws CLUSTER_ID_INVALID, DIRECTORY_ALREADY_FORMATTED, DIRECTORY_FOREIGN (formatted for another node or cluster),
 *   DIRECTORY_HALF_FORMATTED, DIRECTORY_NOT_EMPTY, DIRECTORY_NOT_WRITABLE, DIRECTORY_IN_USE, DIRECTORY_DAMAGED; nothing is
 *   changed on disk then
 */
export async function formatDirectory(options: FormatOptions): Promise<Formatted> {
  const { directory, clusterId } = options
  if (!clusterIdSchema.safeParse(clusterId).success) {
    throw new ServerError(
      'CLUSTER_ID_INVALID',
      `"${clusterId}" is not a cluster id: letters, digits, _ and - only, 64 at most`,
      'quorate random-uuid makes one',
    )
  }
  const state = await inspectDirectory(directory)
  if (state.is === 'formatted') return alreadyFormatted(options, state.identity)
  if (state.is === 'half-formatted') throw halfFormatted(directory)
  if (state.is === 'other') {
    throw new ServerError(
      'DIRECTORY_NOT_EMPTY',
      `${directory} holds files that are not a node's`,
      'Give "dataDirectory" a directory that is empty or does not exist yet',
    )
  }

  const firstMade = await makeDirectory(directory)
  const guard = await guardDirectory(directory, { create: true })
  try {
    // Another process may have formatted the directory between the look and the guard.
    const late = await inspectDirectory(directory)
    if (late.is === 'formatted') return alreadyFormatted(options, late.identity)
    return await fill(options, firstMade)
  } finally {
    await guard.close()
  }
}

async function fill(options: FormatOptions, firstMade: string | undefined): Promise<Formatted> {
  const { directory, clusterId, nodeId } = options
  const layout = layoutOf(directory)
  try {
    await createLog({ path: layout.log })
    const joins = options.joins === true ? ({ joins: true } as const) : {}
    const identity = { clusterId, nodeId, directoryId: (options.randomId ?? randomId)(), ...joins }
    await writeIdentity(directory, identity)
    return { ...identity, created: true }
  } catch (error) {
    if ((error as { code?: unknown }).code === 'LOG_EXISTS') throw halfFormatted(directory)
    await removeParts(firstMade === undefined ? Object.values(layout) : [firstMade])
    throw error
  }
}

function alreadyFormatted(options: FormatOptions, found: Identity): Formatted {
  const { directory, clusterId, nodeId } = options
  if (found.clusterId !== clusterId || found.nodeId !== nodeId) throw foreign(directory, found)
  if (options.ignoreFormatted) return { ...found, created: false }
  throw new ServerError(
    'DIRECTORY_ALREADY_FORMATTED',
    `${directory} is already formatted for the node ${found.nodeId} of the cluster ${found.clusterId}`,
    'Start the node, or pass --ignore-formatted',
  )
}

/** The error for a directory that belongs to another node or another cluster. */
export function foreign(directory: string, found: Identity): ServerError {
  return new ServerError(
    'DIRECTORY_FOREIGN',
    `${directory} belongs to the node ${found.nodeId} of the cluster ${found.clusterId}`,
    'Correct "nodeId", "clusterId" or "dataDirectory" in the config file',
  )
}

/** @returns the topmost directory that had to be made, `undefined` if all were there */
async function makeDirectory(directory: string): Promise<string | undefined> {
  try {
    return await mkdir(directory, { recursive: true })
  } catch (cause) {
    throw notWritable(directory, cause)
  }
}

async function removeParts(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { recursive: true, force: true })
}
