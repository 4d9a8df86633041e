import { portOption, silentLogger, systemClock } from '@quorate/transport'
import type { Clock, Logger } from '@quorate/transport'
import { z } from 'zod'

/** Options of `tcp`. Both sides should agree on `maxFrameBytes`. */
export interface TcpOptions {
  /** Used for the time-outs. @default systemClock */
  readonly clock?: Clock
  /** Told of peers that were turned away and of connections that broke. @default silentLogger */
  readonly logger?: Logger
  /** Largest frame, either way, without its header. @default 16_777_216 */
  readonly maxFrameBytes?: number
  /** Milliseconds to connect and to hear the peer's preamble; then TRANSPORT_UNREACHABLE. @default 5_000 */
  readonly connectTimeoutMs?: number
  /** Milliseconds an accepted connection has to send its preamble before it is closed. @default 5_000 */
  readonly handshakeTimeoutMs?: number
  /** Milliseconds a frame that has begun has to arrive in full before its connection is closed. @default 30_000 */
  readonly frameTimeoutMs?: number
  /** Milliseconds of silence before the operating system asks whether the peer is still there; 0 never. @default 30_000 */
  readonly keepAliveDelayMs?: number
  /** Milliseconds `close` waits for the last bytes to leave. @default 1_000 */
  readonly closeTimeoutMs?: number
  /** Connections of one listener; more are closed as they come. @default 10_000 */
  readonly maxConnections?: number
  /** Handlers that run for one connection at a time; meanwhile nothing is read from it. @default 1_024 */
  readonly maxInFlightRequests?: number
  /** Requests that may wait for their answers on one connection; more get TRANSPORT_OVERLOADED. @default 65_536 */
  readonly maxPendingRequests?: number
  /**
   * Bytes that may wait to be sent on one connection. The side that connected gets TRANSPORT_OVERLOADED beyond it; the
   * side that listened reads no further requests from half of it, and closes the connection beyond it. At least
   * `maxFrameBytes`. @default 67_108_864
   */
  readonly maxWriteQueueBytes?: number
}

const count = z.int().positive()
const duration = z.number().positive()

/** Schema of {@link TcpOptions}, with its defaults. */
export const tcpOptions = z
  .strictObject({
    clock: portOption<Clock>('now', 'setTimer').default(systemClock),
    logger: portOption<Logger>('debug', 'warn', 'error').default(silentLogger),
    maxFrameBytes: count.max(0x7fff_ffff).default(16 * 1024 * 1024),
    connectTimeoutMs: duration.default(5_000),
    handshakeTimeoutMs: duration.default(5_000),
    frameTimeoutMs: duration.default(30_000),
    keepAliveDelayMs: z.number().nonnegative().default(30_000),
    closeTimeoutMs: duration.default(1_000),
    maxConnections: count.default(10_000),
    maxInFlightRequests: count.default(1_024),
    maxPendingRequests: count.default(65_536),
    maxWriteQueueBytes: count.default(64 * 1024 * 1024),
  })
  .refine((options) => options.maxWriteQueueBytes >= options.maxFrameBytes, {
    error: 'must be at least maxFrameBytes',
    path: ['maxWriteQueueBytes'],
  })

/** Options after validation: every field is there. */
export type ResolvedTcpOptions = z.output<typeof tcpOptions>
