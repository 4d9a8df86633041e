/**
 * Quorate's transport over TCP.
 *
 * @packageDocumentation
 */
export { tcp } from './tcp.ts'
export type { TcpOptions } from './options.ts'
