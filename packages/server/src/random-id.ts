import { randomBytes } from 'node:crypto'

/** Makes an identity that no other call ever makes. A port, so that tests and a simulator can own it. */
export type RandomId = () => string

/**
 * 128 random bits in 22 letters of base64url, as Kafka writes its cluster and directory ids. Never begins with `-`, so
 * that a command line does not take it for an option.
 */
export const randomId: RandomId = () => {
  for (;;) {
    const id = randomBytes(16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}
