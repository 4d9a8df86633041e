import type { Clock } from '@quorate/transport'
import { isActive } from '../image/image.ts'
import type { MetadataImage } from '../image/image.ts'
import type { HeartbeatState } from '../operations/heartbeat-control.ts'

interface Session {
  readonly lastContactMs: number
  /** Offset the broker reported last; 0 until it reported one. */
  readonly metadataOffset: number
  readonly controlledShutdownOffset: number | undefined
}

/** Options of {@link BrokerHeartbeats}. */
export interface BrokerHeartbeatsOptions {
  readonly clock: Pick<Clock, 'now'>
  readonly sessionTimeoutMs: number
  /** Brokers registered when this controller became active; each counts as just seen. */
  readonly brokerIds: Iterable<number>
}

/**
 * When each broker was heard of last, and what it said: what only the active controller knows, and never writes down.
 *
 * A broker that died together with the controller before never says anything to this one. It is fenced all the same,
 * because every broker that is registered counts as just seen when the controller becomes active.
 */
export class BrokerHeartbeats {
  readonly #clock: Pick<Clock, 'now'>
  readonly #sessionTimeoutMs: number
  /** In order of last contact, the longest silent first: all sessions are equally long, so the first ends first. */
  readonly #sessions = new Map<number, Session>()

  constructor({ brokerIds, clock, sessionTimeoutMs }: BrokerHeartbeatsOptions) {
    this.#clock = clock
    this.#sessionTimeoutMs = sessionTimeoutMs
    for (const brokerId of brokerIds) this.begin(brokerId)
  }

  /** A new session: nothing the broker said before counts. */
  begin(brokerId: number): void {
    this.#put(brokerId, {
      lastContactMs: this.#clock.now(),
      metadataOffset: 0,
      controlledShutdownOffset: undefined,
    })
  }

  /** The broker was heard of, and has published the metadata before `metadataOffset`. */
  touch(brokerId: number, metadataOffset: number): void {
    this.#put(brokerId, {
      lastContactMs: this.#clock.now(),
      metadataOffset,
      controlledShutdownOffset: this.#sessions.get(brokerId)?.controlledShutdownOffset,
    })
  }

  /** The leaders of a broker in controlled shutdown have moved by `offset`. Only the first call of a session counts. */
  leadersMoved(brokerId: number, offset: number): void {
    const session = this.#sessions.get(brokerId)
    if (session === undefined || session.controlledShutdownOffset !== undefined) return
    // In place: this is no contact, so the order stays.
    this.#sessions.set(brokerId, { ...session, controlledShutdownOffset: offset })
  }

  /** The broker is fenced or gone: its session is over. */
  end(brokerId: number): void {
    this.#sessions.delete(brokerId)
  }

  /** What a decision about `brokerId` must know beside the image. */
  stateOf(image: MetadataImage, brokerId: number): HeartbeatState {
    let lowestActiveOffset = Infinity
    for (const id of image.brokers.keys()) {
      if (!isActive(image, id)) continue
      lowestActiveOffset = Math.min(lowestActiveOffset, this.#sessions.get(id)?.metadataOffset ?? 0)
    }
    const controlledShutdownOffset = this.#sessions.get(brokerId)?.controlledShutdownOffset
    return { controlledShutdownOffset, lowestActiveOffset }
  }

  /** The session that ends first, and how many milliseconds are left of it: none or fewer if it has expired. */
  first(): { readonly brokerId: number; readonly remainingMs: number } | undefined {
    for (const [brokerId, { lastContactMs }] of this.#sessions) {
      return { brokerId, remainingMs: lastContactMs + this.#sessionTimeoutMs - this.#clock.now() }
    }
    return undefined
  }

  /** Whether the broker was silent for the length of a session. False for one without a session. */
  hasExpired(brokerId: number): boolean {
    const session = this.#sessions.get(brokerId)
    return session !== undefined && session.lastContactMs + this.#sessionTimeoutMs <= this.#clock.now()
  }

  #put(brokerId: number, session: Session): void {
    this.#sessions.delete(brokerId)
    this.#sessions.set(brokerId, session)
  }
}
