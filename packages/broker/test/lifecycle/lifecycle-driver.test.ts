import { silentLogger } from '@quorate/transport'
import t from 'tap'
import { LifecycleDriver } from '../../src/lifecycle/lifecycle-driver.ts'
import { recordingClock } from '../support/recording-clock.ts'
import { settle } from '../support/settle.ts'
import { scriptedControllers } from '../support/scripted-controllers.ts'

const epoch = 7
const timing = {
  heartbeatIntervalMs: 2_000,
  requestTimeoutMs: 5_000,
  minRetryBackoffMs: 100,
  maxRetryBackoffMs: 1_000,
  initialRegistrationTimeoutMs: 60_000,
  controlledShutdownTimeoutMs: 20_000,
}
const registration = {
  brokerId: 3,
  clusterId: 'shop',
  incarnationId: 'i-1',
  endpoints: [{ name: 'PLAINTEXT', host: 'b3', port: 9092 }],
  rack: 'r1',
}

function openDriver() {
  const time = recordingClock()
  const controllers = scriptedControllers()
  const { exchange } = controllers
  const registrations: number[] = []
  const stops: (Error | undefined)[] = []
  const driver = new LifecycleDriver({
    registration,
    timing,
    controllers: controllers.client,
    clock: time.clock,
    random: () => 0.5,
    logger: silentLogger,
    onRegistered: (brokerEpoch) => registrations.push(brokerEpoch),
    onStop: (error) => stops.push(error),
  })
  const run = async () => {
    driver.start()
    driver.published(epoch + 1)
    await exchange({ brokerEpoch: epoch })
    await exchange({ isCaughtUp: true, isFenced: true, shouldShutDown: false })
    await exchange({ isCaughtUp: true, isFenced: false, shouldShutDown: false })
  }
  return { time, controllers, driver, exchange, registrations, run, stops }
}

const alive = { isCaughtUp: true, isFenced: false, shouldShutDown: false }

t.test('a broker registers, catches up, is unfenced, and then lives by heartbeats', async (t) => {
  const { time, driver, exchange, controllers } = openDriver()
  driver.start()
  const register = await exchange({ brokerEpoch: epoch })
  t.equal(register.api, 'BrokerRegistration')
  t.strictSame(register.body, registration)
  t.match(register.options, { timeoutMs: 5_000, retryUnknown: true })
  t.equal(driver.brokerEpoch, epoch)

  const behind = await exchange({ isCaughtUp: false, isFenced: true, shouldShutDown: false })
  t.equal(behind.api, 'BrokerHeartbeat')
  t.strictSame(behind.body, {
    brokerId: 3,
    brokerEpoch: epoch,
    currentMetadataOffset: 0,
    wantFence: true,
    wantShutDown: false,
  })
  t.equal(time.pendingTimers, 1, 'the time to register is not limited any more')

  driver.published(epoch + 1)
  const caughtUp = await exchange({ isCaughtUp: true, isFenced: true, shouldShutDown: false })
  t.match(caughtUp.body, { currentMetadataOffset: epoch + 1, wantFence: true })
  t.equal(driver.name, 'recovery')
  const ready = await exchange(alive)
  t.match(ready.body, { wantFence: false })
  t.equal(driver.name, 'running')

  await time.advance(1_999)
  t.equal(controllers.waiting, 0)
  await time.advance(1)
  t.match((await exchange(alive)).body, { currentMetadataOffset: epoch + 1, wantFence: false })
})

t.test(
  'a duplicate registration is retried with growing, capped back-off until it is accepted',
  async (t) => {
    const { time, controllers, driver, exchange, stops } = openDriver()
    driver.start()
    const waits: (number | undefined)[] = []
    for (let round = 0; round < 6; round++) {
      ;(await controllers.next()).refuse('DUPLICATE_BROKER_REGISTRATION')
      await settle()
      waits.push(await time.advanceToLast())
    }
    t.strictSame(
      waits,
      [150, 300, 600, 750, 750, 750],
      'half the ceiling and half of the rest, as random is 0.5',
    )
    await exchange({ brokerEpoch: epoch })
    t.equal(driver.brokerEpoch, epoch)
    t.strictSame(stops, [])
  },
)

t.test('a broker that cannot register in time stops and says why', async (t) => {
  const { time, controllers, driver, stops } = openDriver()
  driver.start()
  ;(await controllers.next()).refuse('DUPLICATE_BROKER_REGISTRATION')
  await time.advance(59_999)
  t.strictSame(stops, [])
  await time.advance(1)
  t.match(stops, [
    {
      code: 'BROKER_REGISTRATION_TIMEOUT',
      message: /within 60000 ms: refused with DUPLICATE_BROKER_REGISTRATION/,
      details: { brokerId: 3, reason: 'DUPLICATE_BROKER_REGISTRATION' },
    },
  ])
  t.equal(time.pendingTimers, 0, 'nothing is left to wake it')
})

for (const code of ['INCONSISTENT_CLUSTER_ID', 'INVALID_REGISTRATION', 'RPC_INVALID_REQUEST']) {
  t.test(`a registration refused with ${code} stops the broker at once`, async (t) => {
    const { controllers, driver, stops } = openDriver()
    driver.start()
    ;(await controllers.next()).refuse(code)
    await settle()
    t.match(stops, [{ code: 'BROKER_REGISTRATION_REFUSED', details: { reason: code } }])
    t.equal(driver.name, 'shutting-down')
  })
}

for (const code of ['STALE_BROKER_EPOCH', 'BROKER_ID_NOT_REGISTERED']) {
  t.test(`a heartbeat refused with ${code} makes the broker register again`, async (t) => {
    const { time, controllers, driver, exchange, registrations, run } = openDriver()
    await run()
    await time.advance(2_000)
    ;(await controllers.next()).refuse(code)
    const again = await exchange({ brokerEpoch: 90 })
    t.equal(again.api, 'BrokerRegistration')
    t.equal(again.body['incarnationId'], 'i-1', 'it is still the same process')
    t.equal(driver.brokerEpoch, 90)
    t.strictSame(registrations, [epoch, 90])
    t.equal(driver.name, 'starting')
  })
}

t.test('a heartbeat that fails is sent again sooner than the next one is due', async (t) => {
  const { time, controllers, driver, run } = openDriver()
  await run()
  await time.advance(2_000)
  ;(await controllers.next()).refuse('CONTROLLER_UNAVAILABLE')
  await time.advance(150)
  t.equal((await controllers.next()).api, 'BrokerHeartbeat')
  t.equal(driver.name, 'running')
})

t.test(
  'a controlled shutdown asks again ever more rarely until the controller lets the broker go',
  async (t) => {
    const { time, driver, exchange, run, stops } = openDriver()
    await run()
    driver.beginControlledShutdown()
    t.equal(driver.name, 'pending-controlled-shutdown')
    const waits: (number | undefined)[] = []
    for (let round = 0; round < 8; round++) {
      t.match((await exchange(alive)).body, { wantShutDown: true, wantFence: false })
      waits.push(await time.advanceToLast())
    }
    t.strictSame(waits, [50, 100, 200, 400, 800, 1_600, 2_000, 2_000])
    await exchange({ ...alive, shouldShutDown: true })
    t.strictSame(stops, [undefined])
    t.equal(time.pendingTimers, 0)
    await driver.stopped()
    t.equal(driver.name, 'not-running')
  },
)

t.test('a controlled shutdown that takes too long stops without the consent of the controller', async (t) => {
  const { time, controllers, driver, run, stops } = openDriver()
  await run()
  driver.beginControlledShutdown()
  const request = await controllers.next()
  await time.advance(20_000)
  t.strictSame(stops, [undefined])
  t.ok(request.options.signal?.aborted, 'the request under way is given up')
  await driver.stopped()
})

t.test('the stream of states shows every state to a reader that keeps up, and ends', async (t) => {
  const { driver, exchange, run } = openDriver()
  const seen: string[] = []
  const reader = (async () => {
    for await (const name of driver.names()) seen.push(name)
  })()
  await run()
  driver.beginControlledShutdown()
  await exchange({ ...alive, shouldShutDown: true })
  await driver.stopped()
  await reader
  t.strictSame(seen, [
    'not-running',
    'starting',
    'recovery',
    'running',
    'pending-controlled-shutdown',
    'shutting-down',
    'not-running',
  ])
})

t.test('an event that contradicts the state stops the broker with the invariant it broke', async (t) => {
  const { driver, run, stops } = openDriver()
  await run()
  driver.published(1)
  t.match(stops, [{ name: 'InvariantError' }])
  t.equal(driver.name, 'shutting-down')
})
