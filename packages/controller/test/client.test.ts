import { RpcError, TransportError } from '@quorate/transport'
import type { Api, RpcClient, RpcRequestOptions } from '@quorate/transport'
import { manualClock } from '@quorate/transport/testing'
import t from 'tap'
import { barrierApi } from '../src/api/cluster.ts'
import { controllerClient } from '../src/client.ts'

type Answer = () => unknown

/** Three controllers that answer as the test says; what each was asked is in `asked`. */
function setUp(answers: { [id: number]: Answer }) {
  const clock = manualClock()
  const asked: number[] = []
  const limits: (number | undefined)[] = []
  const connect = (address: string): RpcClient => ({
    address,
    async request<Request, Response>(
      _api: Api<Request, Response>,
      _body: Request,
      options?: RpcRequestOptions,
    ) {
      const id = Number(address)
      asked.push(id)
      limits.push(options?.timeoutMs)
      const answer = Promise.resolve(answers[id]?.())
      const aborted = Promise.withResolvers<never>()
      const { signal } = options ?? {}
      signal?.addEventListener('abort', () => aborted.reject(signal.reason as Error))
      return (await Promise.race([answer, aborted.promise])) as Response
    },
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
  const controllers = [0, 1, 2].map((id) => ({ id, address: String(id) }))
  const client = controllerClient({ controllers, connect, clock, random: () => 0, minBackoffMs: 10 })
  return { asked, client, clock, limits, answers }
}

const refused = (): never => {
  throw new TransportError('TRANSPORT_REFUSED', 'nobody listens')
}
const notController = (leaderId?: number) => (): never => {
  throw new RpcError('NOT_CONTROLLER', 'not here', leaderId === undefined ? {} : { leaderId })
}
const disconnected = (): never => {
  throw new TransportError('TRANSPORT_DISCONNECTED', 'gone')
}
const lost = (): never => {
  throw new RpcError('OUTCOME_UNKNOWN', 'lost the lead')
}
const stale = (): never => {
  throw new RpcError('STALE_BROKER_EPOCH', 'register again')
}
const ok = (): object => ({ offset: 7 })

t.test('the controller a refusal names is asked at once, and first the next time', async (t) => {
  const { asked, client, clock } = setUp({ 0: notController(2), 2: ok })
  t.equal(client.activeId, undefined)
  t.same(await client.request(barrierApi, {}), { offset: 7 })
  await client.request(barrierApi, {})
  t.same(asked, [0, 2, 2])
  t.equal(client.activeId, 2)
  t.equal(clock.now(), 0)
})

t.test('when the leader is killed, the others are asked without a pause', async (t) => {
  const { asked, client, clock, answers } = setUp({ 0: ok })
  await client.request(barrierApi, {})
  answers[0] = refused
  answers[1] = notController(0)
  answers[2] = ok
  t.same(await client.request(barrierApi, {}), { offset: 7 })
  t.same(asked.slice(1), [0, 1, 2], 'one that has not noticed yet names the dead one in vain')
  t.equal(client.activeId, 2)
  t.equal(clock.now(), 0)
})

t.test('who is named at the end of a round is asked first in the next', async (t) => {
  const { asked, client, clock, answers } = setUp({ 0: refused, 1: refused, 2: notController(1) })
  const request = client.request(barrierApi, {})
  await clock.advance(0)
  answers[1] = ok
  await clock.advance(10)
  await request
  t.same(asked, [0, 1, 2, 1])
})

t.test('after every controller was asked in vain there is a pause, which grows', async (t) => {
  const { asked, client, clock, answers } = setUp({ 0: refused, 1: notController(), 2: refused })
  const request = client.request(barrierApi, {})
  await clock.advance(9)
  t.same(asked, [0, 1, 2])
  await clock.advance(1)
  t.same(asked, [0, 1, 2, 0, 1, 2])
  await clock.advance(19)
  t.equal(asked.length, 6)
  answers[1] = ok
  await clock.advance(1)
  t.same(await request, { offset: 7 })
})

t.test('a request that nobody takes in time was certainly not carried out', async (t) => {
  const { client, clock } = setUp({ 0: refused, 1: refused, 2: notController() })
  const request = t.rejects(client.request(barrierApi, {}, { timeoutMs: 1_000 }), {
    code: 'CONTROLLER_UNAVAILABLE',
    cause: Error,
  })
  await clock.advance(1_000)
  await request
})

t.test('a request whose outcome is unknown is not sent again', async (t) => {
  const { asked, client } = setUp({ 0: disconnected, 1: ok })
  await t.rejects(client.request(barrierApi, {}), {
    code: 'CONTROLLER_OUTCOME_UNKNOWN',
    cause: { code: 'TRANSPORT_DISCONNECTED' },
  })
  t.same(asked, [0])
})

t.test('nor is one that a controller says it may have lost', async (t) => {
  const { client } = setUp({ 0: lost, 1: ok })
  await t.rejects(client.request(barrierApi, {}), { code: 'CONTROLLER_OUTCOME_UNKNOWN' })
})

t.test('a request that may be carried out twice is sent again, each attempt with a limit', async (t) => {
  const { asked, client, limits } = setUp({ 0: disconnected, 1: ok })
  t.same(await client.request(barrierApi, {}, { retryUnknown: true, timeoutMs: 9_000 }), { offset: 7 })
  t.same(asked, [0, 1])
  t.same(limits, [2_000, 2_000])
})

t.test('once an attempt may have been carried out, giving up says so', async (t) => {
  const { client, clock } = setUp({ 0: disconnected, 1: refused, 2: refused })
  const request = t.rejects(client.request(barrierApi, {}, { retryUnknown: true, timeoutMs: 15 }), {
    code: 'CONTROLLER_OUTCOME_UNKNOWN',
  })
  await clock.advance(15)
  await request
})

t.test('a refusal by the active controller is the answer', async (t) => {
  const { asked, client } = setUp({ 0: stale, 1: ok })
  await t.rejects(client.request(barrierApi, {}), { name: 'RpcError', code: 'STALE_BROKER_EPOCH' })
  t.same(asked, [0])
})

t.test('the signal ends a request, also while it pauses', async (t) => {
  const { client, clock } = setUp({ 0: refused, 1: refused, 2: refused })
  const controller = new AbortController()
  const request = t.rejects(client.request(barrierApi, {}, { signal: controller.signal }), {
    message: 'enough',
  })
  await clock.advance(1)
  controller.abort(new Error('enough'))
  await request
  t.equal(clock.pendingTimers, 0)
})

t.test('closing ends the requests under way, and refuses new ones', async (t) => {
  const { client } = setUp({ 0: () => new Promise(() => undefined) })
  const request = t.rejects(client.request(barrierApi, {}), { code: 'CONTROLLER_CLIENT_CLOSED' })
  await Promise.all([client.close(), client.close()])
  await request
  await t.rejects(client.request(barrierApi, {}), { code: 'CONTROLLER_CLIENT_CLOSED' })
})

t.test('options that are wrong are refused by name', async (t) => {
  const { client: _, ...rest } = setUp({})
  const twice = [
    { id: 1, address: 'a' },
    { id: 1, address: 'b' },
  ]
  const open = (controllers: typeof twice) => () =>
    controllerClient({ controllers, connect: () => refused(), clock: rest.clock, random: () => 0 })
  t.throws(open(twice), { name: 'TypeError', message: /twice/ })
  t.throws(open([]), { name: 'TypeError', message: /controllers/ })
})
