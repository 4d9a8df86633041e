/**
 * The transport port, the RPC layer above it, and time and randomness as ports.
 *
 * @packageDocumentation
 */
export { sleep, systemClock, systemRandom } from './clock.ts'
export type { Cancel, Clock, Random } from './clock.ts'
export { TransportError } from './errors.ts'
export type { TransportErrorCode } from './errors.ts'
export { silentLogger } from './logger.ts'
export type { LogMethod, Logger } from './logger.ts'
export { defineApi, handle } from './rpc/api.ts'
export type { Api, ApiHandler, ApiVersion, HandledApi, RpcContext } from './rpc/api.ts'
export type { Address, Connection, Listener, RequestContext, RequestHandler, Transport } from './transport.ts'
