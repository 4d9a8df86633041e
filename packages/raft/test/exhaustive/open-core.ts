import { registerHooks } from 'node:module'
import type { CoreConfig } from '../../src/core/config.ts'
import type { Core, StepTime } from '../../src/core/core.ts'
import type { ReplicaStart } from '../../src/core/replica.ts'

/** A core whose private fields can be seen: `#epoch` is called `_epoch`. */
export type OpenCore = Core & Record<string, unknown>

const coreSources = new URL('../../src/core/', import.meta.url).href

/**
 * Loads the core with its private fields open, so that its whole state can be copied, compared and hashed.
 *
 * The code is otherwise the one that ships. A field that somebody adds is part of the state from then on; a
 * hand-written copy would forget it and take two states for one.
 */
export async function loadOpenCore(): Promise<(start: ReplicaStart, time: StepTime) => OpenCore> {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.startsWith(coreSources)) return loaded
      return { ...loaded, source: sourceText(loaded.source).replaceAll(/#([A-Za-z]\w*)/g, '_$1') }
    },
  })
  const { Core } = await import('../../src/core/core.ts')
  return (start, time) => new Core(start, time) as OpenCore
}

/** Constants and functions that every copy shares. */
const shared = new Set(['config', '_random'])

function sourceText(source: unknown): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source as Uint8Array)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** A copy that shares nothing that changes. */
export function clone<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, clone(item)])) as Value
  if (value instanceof Set) return new Set(value) as Value
  if (Array.isArray(value)) return value.map((item) => clone(item)) as Value
  const copy = Object.create(Object.getPrototypeOf(value)) as Record<string, unknown>
  for (const [key, item] of Object.entries(value)) copy[key] = shared.has(key) ? item : clone(item)
  return copy as Value
}

/** Equal for equal states, whatever order maps and sets were filled in. */
export function fingerprint(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Uint8Array) return `b${value.join()}`
  if (value instanceof Map) return `M${[...value].map(fingerprint).toSorted(compare).join()}`
  if (value instanceof Set) return `S${[...value].map(fingerprint).toSorted(compare).join()}`
  if (Array.isArray(value)) return `[${value.map(fingerprint).join()}]`
  let text = '{'
  for (const [key, item] of Object.entries(value)) {
    if (!shared.has(key) && item !== undefined) text += `${key}:${fingerprint(item)},`
  }
  return `${text}}`
}

/** Takes `ms` from every point in time in `value`: everything that is called `...Ms`, and nothing in the configuration. */
export function shiftTime(value: unknown, ms: number): void {
  if (typeof value !== 'object' || value === null) return
  if (value instanceof Map || Array.isArray(value)) {
    for (const item of value.values()) shiftTime(item, ms)
    return
  }
  const fields = value as Record<string, unknown>
  for (const [key, item] of Object.entries(fields)) {
    if (shared.has(key) || key === '_sent' || key === '_effects') continue
    if (typeof item === 'number' && key.endsWith('Ms')) fields[key] = item - ms
    else shiftTime(item, ms)
  }
}

/** Short times in round proportions, so that few of them differ. */
export const config: Omit<CoreConfig, 'id' | 'directoryId'> = {
  isJoiner: false,
  clusterId: 'c',
  bootstrapVoters: [],
  contacts: [1, 2, 3],
  electionTimeoutMs: 1_000,
  fetchTimeoutMs: 2_000,
  fetchMaxWaitMs: 500,
  requestTimeoutMs: 1_000,
  retryBackoffMs: 100,
  electionBackoffMaxMs: 100,
  electionJitterMs: 100,
  snapshotFetchMaxBytes: 100,
  diskStallTimeoutMs: 2_000,
}
