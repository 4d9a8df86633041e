import { openMemoryLog } from '@quorate/log/memory'
import { manualClock } from '@quorate/transport/testing'
import t from 'tap'
import { openRaft, type RaftMetrics, type RaftResponse, type RaftTransport } from '../src/index.ts'

/** Sums up what a node says, and keeps every value of a distribution. */
function collect() {
  const gauges = new Map<string, number>()
  const totals = new Map<string, number>()
  const values = new Map<string, number[]>()
  const metrics: RaftMetrics = {
    set: (name, value) => gauges.set(name, value),
    add: (name, by) => totals.set(name, (totals.get(name) ?? 0) + by),
    record: (name, value) => values.set(name, [...(values.get(name) ?? []), value]),
  }
  return { metrics, gauges, totals, values }
}

/** One of two voters. The other grants what it is asked for, and fetches when told. */
async function openPair() {
  const clock = manualClock()
  const log = await openMemoryLog()
  const collected = collect()
  let serve: Parameters<RaftTransport['serve']>[0] | undefined
  let votes = 0
  const transport: RaftTransport = {
    request: (_to, request) => {
      const response = Promise.withResolvers<RaftResponse>()
      if (request.type === 'vote') {
        votes += 1
        clock.setTimer(100 * votes, () =>
          response.resolve({ type: 'vote', epoch: request.epoch, granted: true }),
        )
      }
      return response.promise
    },
    serve: (handler) => {
      serve = handler
      return () => undefined
    },
  }
  const raft = openRaft({
    id: 1,
    directoryId: 'd1',
    clusterId: 'c',
    voters: [
      { id: 1, directoryId: 'd1' },
      { id: 2, directoryId: 'd2' },
    ],
    log,
    transport,
    stateMachine: { apply: () => undefined, leadership: () => undefined },
    clock,
    random: () => 0,
    metrics: collected.metrics,
  })
  const fetch = (fetchOffset: number) =>
    serve?.({
      type: 'fetch',
      clusterId: 'c',
      epoch: 1,
      replicaId: 2,
      replicaDirectoryId: 'd2',
      fetchOffset,
      lastFetchedEpoch: fetchOffset === 0 ? 0 : 1,
      highWatermark: 0,
      maxWaitMs: 0,
      readRound: 0,
    })
  return { raft, clock, fetch, ...collected }
}

t.test('an election and a commit are timed, and the gauges say where the node is', async (t) => {
  const { raft, clock, fetch, gauges, totals, values } = await openPair()
  t.equal(gauges.get('raft_current_state'), 0)
  t.equal(gauges.get('raft_current_leader'), -1)
  t.equal(gauges.get('raft_current_vote'), -1)
  await clock.advance(1_000)
  t.equal(gauges.get('raft_current_state'), 3)
  t.equal(gauges.get('raft_current_leader'), 1)
  t.equal(gauges.get('raft_current_vote'), 1)
  t.equal(gauges.get('raft_current_epoch'), 1)
  t.same(values.get('raft_election_latency_ms'), [300], '100 ms for the pre-vote and 200 ms for the vote')

  await fetch(2)
  await clock.advance(0)
  t.equal(gauges.get('raft_high_watermark'), 2)
  t.equal(values.get('raft_commit_latency_ms')?.length, 1, 'the records that open the epoch')
  raft.propose(new Uint8Array(1), { count: 3 })
  await clock.advance(7)
  t.equal(gauges.get('raft_log_end_offset'), 5)
  t.equal(gauges.get('raft_log_end_epoch'), 1)
  t.equal(totals.get('raft_append_records'), 5)
  await fetch(5)
  await clock.advance(0)
  t.equal(values.get('raft_commit_latency_ms')?.at(-1), 7)
  t.equal(gauges.get('raft_high_watermark'), 5)

  const closed = raft.close()
  await clock.advance(1_000)
  await closed
  t.equal(gauges.get('raft_current_state'), -1)
})

t.test('what comes from a leader is counted as fetched', async (t) => {
  const { metrics, totals, gauges } = collect()
  const fetched = Promise.withResolvers<RaftResponse>()
  let asked = 0
  const raft = openRaft({
    id: 101,
    directoryId: 'd',
    clusterId: 'c',
    voters: [1],
    log: await openMemoryLog(),
    transport: {
      request: () => {
        asked += 1
        if (asked === 1)
          return Promise.resolve({
            type: 'fetch',
            error: 'NOT_LEADER',
            epoch: 1,
            leaderId: 1,
            highWatermark: 0,
            batches: [],
          })
        return asked === 2 ? fetched.promise : new Promise(() => undefined)
      },
      serve: () => () => undefined,
    },
    stateMachine: { apply: () => undefined, leadership: () => undefined },
    metrics,
  })
  t.teardown(() => raft.close())
  const payload = new Uint8Array(1)
  const batches = [{ baseOffset: 0, count: 5, epoch: 1, timestampMs: 0, attributes: 0, payload }]
  fetched.resolve({ type: 'fetch', epoch: 1, leaderId: 1, highWatermark: 5, readRound: 0, batches })
  await raft.applied(5)
  t.equal(totals.get('raft_fetch_records'), 5)
  t.equal(totals.get('raft_append_records'), undefined)
  t.equal(gauges.get('raft_current_leader'), 1)
})

t.test('the time of turns with work is summed up, and idle time is not', async (t) => {
  const { metrics, totals } = collect()
  const manual = manualClock()
  let spentMs = 0
  const raft = openRaft({
    id: 1,
    directoryId: 'd1',
    clusterId: 'c',
    voters: [1],
    log: await openMemoryLog(),
    transport: { request: () => new Promise(() => undefined), serve: () => () => undefined },
    stateMachine: {
      apply: () => {
        spentMs += 5
      },
      leadership: () => undefined,
    },
    clock: { ...manual, now: () => manual.now() + spentMs },
    metrics,
  })
  t.teardown(() => raft.close())
  await manual.advance(100)
  t.equal(raft.status().appliedOffset, 2)
  t.equal(totals.get('raft_busy_ms'), 5)
  raft.propose(new Uint8Array(1))
  await manual.advance(100)
  t.equal(totals.get('raft_busy_ms'), 10)
})
