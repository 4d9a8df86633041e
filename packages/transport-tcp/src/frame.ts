/** What a frame is. Requests and cancels go to the side that listened, responses come back. */
export const FrameKind = {
  request: 1,
  response: 2,
  /** The caller of the request with this id gave up. No payload. */
  cancel: 3,
} as const

/** One of the values of {@link FrameKind}. */
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind]

/** Bytes before the payload: u32 length of what follows it, u8 kind, u32 id; big-endian. */
export const HEADER_BYTES = 9

/** The part of the header that the length covers. */
export const COVERED_HEADER_BYTES = 5
