/**
 * The transport port, the RPC layer above it, and time and randomness as ports.
 *
 * @packageDocumentation
 */
export type { CancelSignal } from './cancel-signal.ts'
export { sleep, systemClock, systemRandom } from './clock.ts'
export type { Cancel, Clock, Random } from './clock.ts'
export { TransportError } from './errors.ts'
export type { TransportErrorCode } from './errors.ts'
export { IncomingRequests } from './exchange/incoming-requests.ts'
export type { IncomingRequestsOptions } from './exchange/incoming-requests.ts'
export { PendingRequests } from './exchange/pending-requests.ts'
export { silentLogger } from './logger.ts'
export type { LogMethod, Logger } from './logger.ts'
export { functionOption, parseOptions, portOption } from './options.ts'
export { defineApi, handle } from './rpc/api.ts'
export type { Api, ApiHandler, ApiVersion, HandledApi, RequestOf, ResponseOf, RpcContext } from './rpc/api.ts'
export type { BodyCodec, BodyFormat } from './rpc/body.ts'
export { backoffMs } from './rpc/backoff.ts'
export type { BackoffLimits } from './rpc/backoff.ts'
export { EarliestTimer } from './rpc/earliest-timer.ts'
export { rpcClient } from './rpc/client.ts'
export type { RpcClient, RpcClientOptions, RpcRequestOptions } from './rpc/client.ts'
export { isOutcomeUnknown, RpcError } from './rpc/errors.ts'
export type { RpcErrorCode, RpcErrorDetails } from './rpc/errors.ts'
export { serveRpc } from './rpc/server.ts'
export type { RpcServer, RpcServerOptions } from './rpc/server.ts'
export type { Address, Connection, Listener, RequestContext, RequestHandler, Transport } from './transport.ts'
