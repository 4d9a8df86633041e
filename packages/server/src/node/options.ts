import type { ControllerAddress, Endpoint } from '@quorate/controller'
import type { RaftLog, RaftTuning } from '@quorate/raft'
import type { Address, Clock, Logger, Random, Transport } from '@quorate/transport'
import type { Role } from '../config/schema.ts'
import type { Identity } from '../directory/identity.ts'
import type { RandomId } from '../random-id.ts'

/** Options of `openNode`. */
export interface NodeOptions {
  /** Who the node is, as its directory says. */
  readonly identity: Identity
  readonly roles: readonly Role[]
  /** The voters of the quorum and where they listen, the same on every node. */
  readonly controllers: readonly ControllerAddress[]
  /** Connects and listens. Stays the caller's. */
  readonly transport: Transport
  /** Where to listen, in the transport's own form. */
  readonly address: Address
  /** Where clients and other brokers reach a broker, given the address it listens on. */
  readonly endpoints: (address: Address) => readonly Endpoint[]
  /** Opens the metadata log of this node. Called once it listens; the node closes the log. */
  readonly openLog: () => Promise<RaftLog>
  /** Failure domain of a broker. @default none */
  readonly rack?: string | undefined
  /** @default systemClock */
  readonly clock?: Clock
  /** @default systemRandom */
  readonly random?: Random
  /** Makes topic ids and incarnation ids. @default 128 random bits */
  readonly randomId?: RandomId
  /** @default silentLogger */
  readonly logger?: Logger
  /** Times and limits of the quorum. */
  readonly raft?: RaftTuning
  /** Milliseconds without a heartbeat after which a controller fences a broker. @default 9_000 */
  readonly sessionTimeoutMs?: number
  /** Milliseconds between the heartbeats of a broker. @default 2_000 */
  readonly heartbeatIntervalMs?: number
  /** Milliseconds until a broker must have registered for the first time. @default 60_000 */
  readonly initialRegistrationTimeoutMs?: number
  /** Milliseconds a broker that stops waits for its partitions to get other leaders. @default 20_000 */
  readonly controlledShutdownTimeoutMs?: number
}
