import { z } from 'zod'
import { defineApi } from './api.ts'
import type { Api } from './api.ts'
import { RpcError } from './errors.ts'

/** The versions of one API that a peer serves, both ends included. */
export interface VersionRange {
  readonly key: number
  readonly min: number
  readonly max: number
}

const version = z.int().nonnegative()

/**
 * The first request on every connection: which APIs are served, in which versions (Kafka's ApiVersions, key 18).
 *
 * Its own version 0 is served for ever, so that peers of any age can begin to talk.
 */
export const apiVersions = defineApi({
  key: 18,
  name: 'api-versions',
  versions: [
    {
      request: z.object({}),
      response: z.object({
        apis: z.array(z.object({ key: version, min: version, max: version })).max(1_000),
      }),
    },
  ],
})

/** The range of `api` as this program knows it. */
export function rangeOf(api: Api): VersionRange {
  const min = api.minVersion ?? 0
  return { key: api.key, min, max: min + api.versions.length - 1 }
}

/**
 * The highest version both sides know.
 *
 * @param theirs what the peer serves under the key of `api`, if anything
 * @throws RPC_UNKNOWN_API, RPC_UNSUPPORTED_VERSION
 */
export function commonVersion(api: Api, theirs: VersionRange | undefined): number {
  const ours = rangeOf(api)
  if (theirs === undefined) {
    throw new RpcError('RPC_UNKNOWN_API', `the peer does not serve ${api.name} (key ${api.key})`, {
      apiKey: api.key,
    })
  }
  const highest = Math.min(ours.max, theirs.max)
  if (highest < ours.min || highest < theirs.min) {
    throw new RpcError(
      'RPC_UNSUPPORTED_VERSION',
      `${api.name}: this side knows versions ${ours.min} to ${ours.max}, the peer ${theirs.min} to ${theirs.max}`,
      { apiKey: api.key, ours, theirs },
    )
  }
  return highest
}
