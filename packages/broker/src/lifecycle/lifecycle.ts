import { assertInvariant, InvariantError } from '@quorate/log'
import type { Offset } from '@quorate/log'

/**
 * Where a broker stands. All but `fenced` are Kafka's `BrokerState`.
 *
 * | state | it | it becomes |
 * |---|---|---|
 * | `not-running` | has not started, or has stopped for good | `starting` |
 * | `starting` | registers, then follows the metadata log up to its own registration | `recovery` |
 * | `recovery` | has caught up and asks to be unfenced | `running`, `pending-controlled-shutdown` |
 * | `running` | is unfenced: it may lead partitions and it serves clients | `fenced`, `pending-controlled-shutdown` |
 * | `fenced` | was fenced by the controller and asks to be unfenced | `running`, `pending-controlled-shutdown` |
 * | `pending-controlled-shutdown` | still serves, while the controller moves its leaders away | `shutting-down` |
 * | `shutting-down` | sends nothing any more and closes what it opened | `not-running` |
 *
 * Every state but the first and the last two goes back to `starting` when the controller does not know the
 * registration, and every state but the first goes to `shutting-down` on a failure or an immediate close.
 */
export type BrokerStateName =
  | 'not-running'
  | 'starting'
  | 'recovery'
  | 'running'
  | 'fenced'
  | 'pending-controlled-shutdown'
  | 'shutting-down'

/** Everything the life cycle remembers. Plain data; {@link step} makes the next one. */
export interface LifecycleState {
  readonly name: BrokerStateName
  /** Tells the `not-running` before the start from the one after the end. */
  readonly started: boolean
  /** Names the registration; the offset of its record. `undefined` until registered, and after it was disowned. */
  readonly brokerEpoch: number | undefined
  /** Offset after the last metadata record that every publisher was given. */
  readonly publishedOffset: Offset
  /** The one request that is under way, with what matters when its answer comes. */
  readonly inFlight: LifecycleRequest | undefined
  /** Requests that failed since the last heartbeat that was answered; sets the back-off. */
  readonly failures: number
  /** Times the controller said that leaders are still moving away. */
  readonly shutDownRefusals: number
}

/** What happened to a broker. */
export type LifecycleEvent =
  /** The broker was opened. */
  | { readonly type: 'start' }
  /** Every publisher was given the metadata before `offset`. */
  | { readonly type: 'published'; readonly offset: Offset }
  /** The controller accepted the registration; `brokerEpoch` is the offset of its record. */
  | { readonly type: 'registered'; readonly brokerEpoch: number }
  /** The controller answered a heartbeat. */
  | HeartbeatAnswer
  /** The controller says that no registration has this broker's epoch: STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED. */
  | { readonly type: 'registration-unknown' }
  /** The request under way failed, or was refused in a way that may pass. */
  | { readonly type: 'request-failed' }
  /** The time of the last `wait` effect is over. */
  | { readonly type: 'wait-over' }
  /** A graceful stop was asked for. */
  | { readonly type: 'controlled-shutdown' }
  /** The broker cannot go on, has waited long enough, or was told to close at once. */
  | { readonly type: 'stop'; readonly error?: Error }
  /** Everything the broker had opened is closed. */
  | { readonly type: 'stopped' }

/** What the controller says about a broker that lives. */
interface HeartbeatAnswer {
  readonly type: 'heartbeat-answered'
  /** The broker has published the metadata log at least up to its own registration. */
  readonly isCaughtUp: boolean
  readonly isFenced: boolean
  /** The broker leads nothing any more, and others know it. */
  readonly shouldShutDown: boolean
}

/** Sends the registration. */
interface RegisterEffect {
  readonly type: 'register'
}

/** Sends a heartbeat. */
export interface HeartbeatEffect {
  readonly type: 'heartbeat'
  readonly brokerEpoch: number
  /** Offset after the last published record, at the time of the heartbeat. */
  readonly publishedOffset: Offset
  readonly wantFence: boolean
  readonly wantShutDown: boolean
}

type LifecycleRequest = RegisterEffect | HeartbeatEffect

/** What must be done because of an event, in this order. */
export type LifecycleEffect =
  | LifecycleRequest
  /** Deliver `wait-over` after some time; a wait that was set before is void. */
  | WaitEffect
  /** Nothing is waited for any more. */
  | { readonly type: 'cancel-wait' }
  /** From now on the time for the first registration, or for the controlled shutdown, runs. */
  | { readonly type: 'start-deadline'; readonly deadline: LifecycleDeadline }
  | { readonly type: 'cancel-deadline'; readonly deadline: LifecycleDeadline }
  /** Void all waits, deadlines and the request under way, and close. */
  | { readonly type: 'stop'; readonly error?: Error }

/** How long to wait is the driver's to know; what for, and how often in vain, is not. */
export type WaitEffect =
  | { readonly type: 'wait'; readonly for: 'next-heartbeat' }
  | { readonly type: 'wait'; readonly for: 'leaders-to-move'; readonly refusals: number }
  | { readonly type: 'wait'; readonly for: 'retry'; readonly failures: number }

/** What has its time once, however many requests it takes. */
export type LifecycleDeadline = 'initial-registration' | 'controlled-shutdown'

/** Result of {@link step}. */
export interface LifecycleStep {
  readonly state: LifecycleState
  readonly effects: readonly LifecycleEffect[]
}

/** The state of a broker that was never started. */
export const initialLifecycleState: LifecycleState = {
  name: 'not-running',
  started: false,
  brokerEpoch: undefined,
  publishedOffset: 0,
  inFlight: undefined,
  failures: 0,
  shutDownRefusals: 0,
}

/**
 * Decides what a broker does next (Kafka's `BrokerLifecycleManager`). Pure: no clock, no randomness, no I/O.
 *
 * At most one request is in flight; every answer decides when the next one is sent. A broker asks to stay fenced
 * while it is `starting`, that is, until its publishers were given its own registration and everything before it.
 * Once it shuts down nothing matters but that it has `stopped`, and after that nothing at all.
 *
 * @throws InvariantError if the event cannot happen in this state, such as an answer to a request that was not sent
 */
export function step(state: LifecycleState, event: LifecycleEvent): LifecycleStep {
  if (state.name === 'not-running') {
    if (state.started) return { state, effects: [] }
    assertInvariant(event.type === 'start', `a broker starts before '${event.type}' happens to it`)
    return start(state)
  }
  if (state.name === 'shutting-down') {
    return { state: event.type === 'stopped' ? { ...state, name: 'not-running' } : state, effects: [] }
  }
  switch (event.type) {
    case 'start':
    case 'stopped':
      throw new InvariantError(`'${event.type}' does not happen to a broker that is ${state.name}`)
    case 'published':
      return published(state, event.offset)
    case 'registered':
      return registered(state, event.brokerEpoch)
    case 'heartbeat-answered':
      return heartbeatAnswered(state, event)
    case 'registration-unknown':
      return registrationUnknown(state)
    case 'request-failed':
      assertInvariant(state.inFlight !== undefined, 'only a request that is in flight fails')
      return backOff(state)
    case 'wait-over':
      return send(state)
    case 'controlled-shutdown':
      return controlledShutdown(state)
    case 'stop':
      return stop(state, event.error)
  }
}

function start(state: LifecycleState): LifecycleStep {
  return withFirst(
    { type: 'start-deadline', deadline: 'initial-registration' },
    send({ ...state, name: 'starting', started: true }),
  )
}

function registered(state: LifecycleState, brokerEpoch: number): LifecycleStep {
  answeredRequest(state, 'register')
  return withFirst(
    { type: 'cancel-deadline', deadline: 'initial-registration' },
    send({ ...state, inFlight: undefined, brokerEpoch }),
  )
}

function heartbeatAnswered(state: LifecycleState, answer: HeartbeatAnswer): LifecycleStep {
  const heartbeat = answeredRequest(state, 'heartbeat')
  const next: LifecycleState = { ...state, inFlight: undefined, failures: 0 }
  switch (state.name) {
    case 'starting':
      if (answer.isCaughtUp) return send({ ...next, name: 'recovery' })
      // What was published while the heartbeat was under way may be what the controller waits for.
      return reachesRegistration(next, heartbeat.publishedOffset) ? send(next) : waitForHeartbeat(next)
    case 'recovery':
      return waitForHeartbeat({ ...next, name: answer.isFenced ? 'recovery' : 'running' })
    case 'running':
    case 'fenced':
      return waitForHeartbeat({ ...next, name: answer.isFenced ? 'fenced' : 'running' })
    case 'pending-controlled-shutdown':
      // The answer to a heartbeat from before the shutdown was asked for says nothing about it.
      if (!heartbeat.wantShutDown) return send(next)
      return answer.shouldShutDown ? stop(next) : waitForLeadersToMove(next)
    case 'not-running':
    case 'shutting-down':
      throw new InvariantError(`a broker that is ${state.name} has no heartbeat in flight`)
  }
}

function registrationUnknown(state: LifecycleState): LifecycleStep {
  answeredRequest(state, 'heartbeat')
  const next: LifecycleState = { ...state, inFlight: undefined }
  // Whoever took the registration away took the leaders with it: nothing is left to move.
  if (next.name === 'pending-controlled-shutdown') return stop(next)
  const disowned: LifecycleState = { ...next, name: 'starting', brokerEpoch: undefined }
  // At once, but only once: a controller that accepts registrations and then disowns them is not stormed.
  return next.failures === 0 ? send({ ...disowned, failures: 1 }) : backOff(disowned)
}

function published(state: LifecycleState, publishedOffset: Offset): LifecycleStep {
  assertInvariant(publishedOffset >= state.publishedOffset, 'what was published stays published')
  const next: LifecycleState = { ...state, publishedOffset }
  const idle = next.inFlight === undefined && next.failures === 0
  return idle && next.name === 'starting' && reachesRegistration(next, state.publishedOffset)
    ? withFirst({ type: 'cancel-wait' }, send(next))
    : { state: next, effects: [] }
}

/**
 * A broker that may be unfenced, or whose last heartbeat may yet unfence it, asks the controller first; one that has
 * asked for nothing but to stay fenced leads nothing and stops at once.
 */
function controlledShutdown(state: LifecycleState): LifecycleStep {
  if (state.name === 'pending-controlled-shutdown') return { state, effects: [] }
  if (state.name === 'starting') return stop(state)
  const next: LifecycleState = { ...state, name: 'pending-controlled-shutdown' }
  const deadline = { type: 'start-deadline', deadline: 'controlled-shutdown' } as const
  return next.inFlight === undefined
    ? withFirst(deadline, withFirst({ type: 'cancel-wait' }, send(next)))
    : { state: next, effects: [deadline] }
}

function stop(state: LifecycleState, error?: Error): LifecycleStep {
  return {
    state: { ...state, name: 'shutting-down', inFlight: undefined },
    effects: [error === undefined ? { type: 'stop' } : { type: 'stop', error }],
  }
}

/** Sends what comes next: the registration if there is none, else a heartbeat. */
function send(state: LifecycleState): LifecycleStep {
  assertInvariant(state.inFlight === undefined, 'one request is in flight at a time')
  const request: LifecycleRequest =
    state.brokerEpoch === undefined
      ? { type: 'register' }
      : {
          type: 'heartbeat',
          brokerEpoch: state.brokerEpoch,
          publishedOffset: state.publishedOffset,
          wantFence: state.name === 'starting',
          wantShutDown: state.name === 'pending-controlled-shutdown',
        }
  return { state: { ...state, inFlight: request }, effects: [request] }
}

function waitForHeartbeat(state: LifecycleState): LifecycleStep {
  return { state, effects: [{ type: 'wait', for: 'next-heartbeat' }] }
}

function waitForLeadersToMove(state: LifecycleState): LifecycleStep {
  const refusals = state.shutDownRefusals + 1
  return {
    state: { ...state, shutDownRefusals: refusals },
    effects: [{ type: 'wait', for: 'leaders-to-move', refusals }],
  }
}

function backOff(state: LifecycleState): LifecycleStep {
  const failures = state.failures + 1
  return {
    state: { ...state, inFlight: undefined, failures },
    effects: [{ type: 'wait', for: 'retry', failures }],
  }
}

/** Whether the publishers have got past the registration since they were at `before`. */
function reachesRegistration(state: LifecycleState, before: Offset): boolean {
  const { brokerEpoch, publishedOffset } = state
  return brokerEpoch !== undefined && publishedOffset > brokerEpoch && before <= brokerEpoch
}

function answeredRequest<Type extends LifecycleRequest['type']>(
  state: LifecycleState,
  type: Type,
): Extract<LifecycleRequest, { type: Type }> {
  assertInvariant(state.inFlight?.type === type, `an answer to '${type}' comes while one is in flight`)
  return state.inFlight as Extract<LifecycleRequest, { type: Type }>
}

function withFirst(effect: LifecycleEffect, then: LifecycleStep): LifecycleStep {
  return { state: then.state, effects: [effect, ...then.effects] }
}
