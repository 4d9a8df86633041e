import type { Batch } from '@quorate/log'
import t from 'tap'
import { AppendHistory } from '../../src/checks/appends.ts'

const at = (offset: number) => ({ epoch: 1, baseOffset: offset, lastOffset: offset })

function batch(baseOffset: number): Batch {
  return { baseOffset, count: 1, epoch: 1, timestampMs: 0, attributes: 0, payload: new Uint8Array(0) }
}

t.test('a history in which everything is as it should be passes', async (t) => {
  const history = new AppendHistory()
  const first = history.proposed(1, at(0))
  history.committed(1, batch(0))
  history.acknowledged(first)
  history.readEnds(history.readBegins(), 1, 1)
  history.refused(2)
  history.lost(history.proposed(3, at(1)))
  t.equal(history.acknowledgements, 1)
})

t.test('an acknowledged append that is nowhere is found out', async (t) => {
  const history = new AppendHistory()
  const append = history.proposed(1, at(0))
  t.throws(() => history.acknowledged(append), /^what is acknowledged is committed/)
})

t.test('a value in two places is found out', async (t) => {
  const history = new AppendHistory()
  history.committed(1, batch(0))
  t.throws(() => history.committed(1, batch(1)), /^one place a record/)
})

t.test('an append that lies before one acknowledged earlier is found out', async (t) => {
  const history = new AppendHistory()
  const early = history.proposed(1, at(5))
  history.committed(1, batch(5))
  history.acknowledged(early)
  const late = history.proposed(2, at(4))
  history.committed(2, batch(4))
  t.throws(() => history.acknowledged(late), /^appends in real-time order/)
})

t.test('a refused append that is there, and a lost one, are found out', async (t) => {
  const history = new AppendHistory()
  history.refused(1)
  t.throws(() => history.committed(1, batch(0)), /^refused and lost appends are absent/)
  const append = history.proposed(2, at(1))
  history.committed(2, batch(1))
  t.throws(() => history.lost(append), /^refused and lost appends are absent/)
})

t.test('a read that misses what was acknowledged or read before it is found out', async (t) => {
  const history = new AppendHistory()
  history.committed(1, batch(0))
  history.acknowledged(history.proposed(1, at(0)))
  t.throws(() => history.readEnds(history.readBegins(), 0, 0), /^reads see what was acknowledged/)
  history.readEnds(history.readBegins(), 3, 3)
  t.throws(() => history.readEnds(history.readBegins(), 2, 2), /^reads see what was acknowledged/)
  t.throws(() => history.readEnds(0, 9, 8), /^reads see what was acknowledged/, 'nor what it was told')
})
