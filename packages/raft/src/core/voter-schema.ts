import { z } from 'zod'

/** Voters a quorum can have. Beyond seven or so each further one only makes commits slower. */
export const maxVoters = 99

const name = z.string().min(1).max(64)

/** Where a node listens, by the name of a listener: what a transport needs to reach it, in its own form. */
export const endpointsSchema = z
  .record(name, z.string().min(1).max(255))
  .refine((endpoints) => Object.keys(endpoints).length <= 8, 'a node has eight endpoints at most')
  .readonly()

/** A voter as it stands in options, messages and the log. */
export const voterSchema = z
  .object({
    id: z.int().nonnegative(),
    directoryId: name.exactOptional(),
    endpoints: endpointsSchema.exactOptional(),
  })
  .readonly()

/** Voters, each id once. */
export const votersSchema = z
  .array(voterSchema)
  .max(maxVoters)
  .refine(
    (voters) => new Set(voters.map(({ id }) => id)).size === voters.length,
    'voters are listed once each',
  )
