/**
 * Quorate's transport inside one process, with latency, loss, partitions and sudden death.
 *
 * @packageDocumentation
 */
export { memoryNetwork } from './network.ts'
export type { MemoryNetwork, MemoryNetworkOptions } from './network.ts'
export type { Latency, LossMode } from './links.ts'
