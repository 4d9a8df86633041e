/**
 * The quorum's messages over `@quorate/transport`.
 *
 * @packageDocumentation
 */
export { rpcTransport } from './rpc-transport.ts'
export type { RpcRaftTransport, RpcTransportOptions } from './rpc-transport.ts'
