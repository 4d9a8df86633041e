import { z } from 'zod'

/**
 * Writes the bodies of one API by hand, for the few that are sent so often that MessagePack and a schema are most of
 * their cost. On the wire such a body is a MessagePack binary.
 */
export interface BodyCodec<Body> {
  /** Bytes that {@link BodyCodec.write} writes for `body`. */
  byteLength(body: Body): number
  /** Writes `body` to `into`, from position `at` on. */
  write(body: Body, into: Uint8Array, at: number): void
  /**
   * Reads a body and trusts none of it. `bytes` belong to the reader: the body may hold views of them.
   *
   * @throws Error that says what is wrong: RPC_INVALID_REQUEST for the caller, or RPC_INVALID_RESPONSE
   */
  read(bytes: Uint8Array): Body
}

/** How a body is checked and written: as MessagePack that fits a schema, or by a codec. */
export type BodyFormat<Body> = z.ZodType<Body> | BodyCodec<Body>

/** Whether `format` is a codec. */
export function isCodec<Body>(format: BodyFormat<Body>): format is BodyCodec<Body> {
  return 'byteLength' in format
}

/**
 * The body that `encoded` stands for: what a frame holds in the place of the body.
 *
 * @param refuse - makes the error of what is wrong with it
 */
export function readBody<Body>(
  format: BodyFormat<Body>,
  encoded: unknown,
  refuse: (why: string) => Error,
): Body {
  if (!isCodec(format)) {
    const parsed = format.safeParse(encoded)
    if (parsed.success) return parsed.data
    throw refuse(z.prettifyError(parsed.error))
  }
  if (!(encoded instanceof Uint8Array)) throw refuse('the body is not binary')
  try {
    return format.read(encoded)
  } catch (error) {
    throw refuse((error as Error).message)
  }
}
