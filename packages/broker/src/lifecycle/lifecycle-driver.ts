import { brokerHeartbeatApi, brokerRegistrationApi } from '@quorate/controller'
import type { ControllerClient, Endpoint } from '@quorate/controller'
import type { Offset } from '@quorate/log'
import { backoffMs } from '@quorate/transport'
import type { Api, Cancel, Clock, Logger, Random } from '@quorate/transport'
import { BrokerError, errorCode, errorMessage } from '../errors.ts'
import { LatestValue } from '../latest-value.ts'
import { initialLifecycleState, step } from './lifecycle.ts'
import type {
  BrokerStateName,
  HeartbeatEffect,
  LifecycleDeadline,
  LifecycleEffect,
  LifecycleEvent,
  LifecycleState,
  WaitEffect,
} from './lifecycle.ts'

/** How long the life cycle waits for what. All in milliseconds; defaults and meanings are those of `BrokerOptions`. */
interface LifecycleTiming {
  readonly heartbeatIntervalMs: number
  readonly requestTimeoutMs: number
  readonly minRetryBackoffMs: number
  readonly maxRetryBackoffMs: number
  readonly initialRegistrationTimeoutMs: number
  readonly controlledShutdownTimeoutMs: number
}

/** What a broker says when it registers. */
interface Registration {
  readonly brokerId: number
  readonly clusterId: string
  readonly incarnationId: string
  readonly endpoints: Endpoint[]
  readonly rack?: string
}

/** What the driver of a life cycle works with. */
export interface LifecycleDriverOptions {
  readonly registration: Registration
  readonly timing: LifecycleTiming
  readonly controllers: ControllerClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The controller accepted a registration, the first or a later one, whose record is at offset `brokerEpoch`. */
  readonly onRegistered: (brokerEpoch: number) => void
  /** The life cycle is over: close what is open, then call `stopped`. Called once, with the reason unless it was asked for. */
  readonly onStop: (error: Error | undefined) => void
}

/** Milliseconds until a broker that was told to wait for its leaders asks again the first time; doubles after that. */
const FIRST_SHUTDOWN_RETRY_MS = 50

/** Refusals of a registration that no retry changes. */
const permanentRefusals: ReadonlySet<string | undefined> = new Set([
  'INCONSISTENT_CLUSTER_ID',
  'INVALID_REGISTRATION',
  'RPC_INVALID_REQUEST',
  'RPC_UNSUPPORTED_VERSION',
])

/** Answers to a heartbeat that say that no registration has this broker's epoch. */
const unknownRegistration: ReadonlySet<string | undefined> = new Set([
  'STALE_BROKER_EPOCH',
  'BROKER_ID_NOT_REGISTERED',
])

/** Performs the effects of the life cycle against a clock and the controllers, and feeds back what came of them. */
export class LifecycleDriver {
  readonly #options: LifecycleDriverOptions
  readonly #names = new LatestValue<BrokerStateName>(initialLifecycleState.name)
  readonly #deadlines = new Map<LifecycleDeadline, Cancel>()
  readonly #abortRequest = new AbortController()
  #state: LifecycleState = initialLifecycleState
  #request: Promise<void> = Promise.resolve()
  #cancelWait: Cancel = () => undefined
  #lastFailure: unknown

  constructor(options: LifecycleDriverOptions) {
    this.#options = options
  }

  /** Where the broker stands. */
  get name(): BrokerStateName {
    return this.#names.value
  }

  /** Epoch of the registration; `undefined` while the broker has none. */
  get brokerEpoch(): number | undefined {
    return this.#state.brokerEpoch
  }

  /** The state now, and then as it changes. Ends after the final `not-running`. @throws the signal's reason */
  names(signal?: AbortSignal): AsyncGenerator<BrokerStateName, void, undefined> {
    return this.#names.values(signal)
  }

  /** Registers, and keeps the registration alive. */
  start(): void {
    this.#feed({ type: 'start' })
  }

  /** Every publisher was given the metadata before `offset`. */
  published(offset: Offset): void {
    this.#feed({ type: 'published', offset })
  }

  /** Lets the controller move the leaders away, then stops. */
  beginControlledShutdown(): void {
    this.#feed({ type: 'controlled-shutdown' })
  }

  /** Stops at once. */
  stop(error?: Error): void {
    this.#feed(error === undefined ? { type: 'stop' } : { type: 'stop', error })
  }

  /** Waits for the request under way, then ends the life cycle. Call it once, after `onStop`. */
  async stopped(): Promise<void> {
    await this.#request
    this.#feed({ type: 'stopped' })
    this.#names.close()
  }

  #feed(event: LifecycleEvent): void {
    try {
      this.#advance(event)
    } catch (error) {
      // A broken invariant: whatever the state is worth, stopping is possible in all of them.
      this.#advance({ type: 'stop', error: error as Error })
    }
  }

  #advance(event: LifecycleEvent): void {
    const before = this.#state
    const { state, effects } = step(before, event)
    this.#state = state
    if (state.name !== before.name) {
      this.#options.logger.info({ from: before.name, to: state.name }, 'broker state changed')
      this.#names.set(state.name)
    }
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: LifecycleEffect): void {
    const { clock, onStop } = this.#options
    switch (effect.type) {
      case 'register':
        this.#request = this.#register()
        return
      case 'heartbeat':
        this.#request = this.#heartbeat(effect)
        return
      case 'wait':
        this.#cancelWait()
        this.#cancelWait = clock.setTimer(this.#waitMs(effect), () => this.#feed({ type: 'wait-over' }))
        return
      case 'cancel-wait':
        this.#cancelWait()
        return
      case 'start-deadline':
        this.#startDeadline(effect.deadline)
        return
      case 'cancel-deadline':
        this.#deadlines.get(effect.deadline)?.()
        return
      case 'stop':
        this.#cancelWait()
        for (const cancel of this.#deadlines.values()) cancel()
        this.#abortRequest.abort()
        onStop(effect.error)
    }
  }

  async #register(): Promise<void> {
    this.#feed(await this.#askToRegister())
  }

  async #askToRegister(): Promise<LifecycleEvent> {
    const { registration, logger, onRegistered } = this.#options
    try {
      const { brokerEpoch } = await this.#send(brokerRegistrationApi, registration)
      logger.info({ brokerEpoch }, 'registered')
      onRegistered(brokerEpoch)
      return { type: 'registered', brokerEpoch }
    } catch (error) {
      if (!permanentRefusals.has(errorCode(error))) return this.#failed('registration', error)
      return { type: 'stop', error: registrationRefused(registration, error) }
    }
  }

  async #heartbeat(heartbeat: HeartbeatEffect): Promise<void> {
    this.#feed(await this.#askWhetherFenced(heartbeat))
  }

  async #askWhetherFenced(heartbeat: HeartbeatEffect): Promise<LifecycleEvent> {
    try {
      const answer = await this.#send(brokerHeartbeatApi, {
        brokerId: this.#options.registration.brokerId,
        brokerEpoch: heartbeat.brokerEpoch,
        currentMetadataOffset: heartbeat.publishedOffset,
        wantFence: heartbeat.wantFence,
        wantShutDown: heartbeat.wantShutDown,
      })
      this.#lastFailure = undefined
      return { type: 'heartbeat-answered', ...answer }
    } catch (error) {
      const event = this.#failed('heartbeat', error)
      return unknownRegistration.has(errorCode(error)) ? { type: 'registration-unknown' } : event
    }
  }

  /** Both requests may be carried out twice without harm, so a lost answer is no reason to give up. */
  #send<Request, Response>(api: Api<Request, Response>, body: Request): Promise<Response> {
    const { controllers, timing } = this.#options
    const { signal } = this.#abortRequest
    return controllers.request(api, body, { signal, timeoutMs: timing.requestTimeoutMs, retryUnknown: true })
  }

  #failed(request: 'registration' | 'heartbeat', error: unknown): LifecycleEvent {
    const code = errorCode(error)
    // Once for each kind of failure, not once for each retry.
    if (!this.#abortRequest.signal.aborted && code !== errorCode(this.#lastFailure)) {
      this.#options.logger.warn({ request, code, err: error }, 'request to the controller failed, retrying')
    }
    this.#lastFailure = error
    return { type: 'request-failed' }
  }

  #waitMs(wait: WaitEffect): number {
    const { random, timing } = this.#options
    switch (wait.for) {
      case 'next-heartbeat':
        return timing.heartbeatIntervalMs
      case 'leaders-to-move':
        return Math.min(FIRST_SHUTDOWN_RETRY_MS * 2 ** (wait.refusals - 1), timing.heartbeatIntervalMs)
      case 'retry':
        return backoffMs(wait.failures - 1, random, {
          minMs: timing.minRetryBackoffMs,
          maxMs: timing.maxRetryBackoffMs,
        })
    }
  }

  #startDeadline(deadline: LifecycleDeadline): void {
    const { clock, logger, registration, timing } = this.#options
    const cancel =
      deadline === 'initial-registration'
        ? clock.setTimer(timing.initialRegistrationTimeoutMs, () =>
            this.stop(registrationTimeout(registration, timing, this.#lastFailure)),
          )
        : clock.setTimer(timing.controlledShutdownTimeoutMs, () => {
            const { controlledShutdownTimeoutMs } = timing
            logger.warn(
              { controlledShutdownTimeoutMs },
              'leaders did not move in time, stopping without that',
            )
            this.stop()
          })
    this.#deadlines.set(deadline, cancel)
  }
}

function registrationRefused({ brokerId }: Registration, cause: unknown): BrokerError {
  return new BrokerError(
    'BROKER_REGISTRATION_REFUSED',
    `the controller refuses broker ${brokerId} for good: ${errorMessage(cause)}`,
    { brokerId, reason: errorCode(cause) },
    { cause },
  )
}

function registrationTimeout(
  { brokerId }: Registration,
  { initialRegistrationTimeoutMs }: LifecycleTiming,
  cause: unknown,
): BrokerError {
  const reason = cause instanceof Error ? cause.message : 'no controller answered'
  return new BrokerError(
    'BROKER_REGISTRATION_TIMEOUT',
    `broker ${brokerId} could not register within ${initialRegistrationTimeoutMs} ms: ${reason}`,
    { brokerId, initialRegistrationTimeoutMs, reason: errorCode(cause) },
    { cause },
  )
}
