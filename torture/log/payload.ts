import { createHash, hash } from 'node:crypto'

/** Length of the largest payload that {@link payload} makes. */
export const maxPayloadBytes = 300 * 1024

const noise = createHash('shake256', { outputLength: 2 * maxPayloadBytes })
  .update('quorate')
  .digest()

/**
 * The payload number `id` of `bytes` bytes: never stored by the campaigns, always made again. Half of them compress,
 * so that LevelDB stores blocks of both kinds.
 */
export function payload(id: number, bytes: number): Uint8Array {
  const made = Buffer.allocUnsafe(bytes)
  const start = id % maxPayloadBytes
  if (id % 2 === 0) noise.copy(made, 0, start, start + bytes)
  else made.fill(noise.subarray(start, start + 24))
  // What is shorter than the number has the end of it.
  for (let at = 0; at < Math.min(bytes, 4); at += 1) made[at] = (id >>> (8 * at)) & 0xff
  return made
}

/** Tells payloads apart without keeping them. */
export function fingerprint(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64url')
}
