import type { Batch } from '@quorate/log'
import { ControlRecordType, type Voter } from '@quorate/raft'
import t from 'tap'
import { LogShadow } from '../../src/checks/log-shadow.ts'
import { areSame, changesBetween, isMember, votersNamedBy } from '../../src/checks/voters.ts'

const on = (...disks: string[]): Voter[] => disks.map((disk) => ({ id: Number(disk[0]), directoryId: disk }))

function naming(baseOffset: number, voters: readonly Voter[]): Batch {
  const record = { type: ControlRecordType.voters, version: 0, voters }
  const payload = new TextEncoder().encode(JSON.stringify(record))
  return { baseOffset, count: 1, epoch: 1, timestampMs: 0, attributes: 1, payload }
}

t.test('changes are counted by node and disk, and a disk that becomes known is none', async (t) => {
  t.equal(changesBetween(on('1a', '2a'), on('1a', '2a')), 0)
  t.equal(changesBetween(on('1a'), on('1a', '2a')), 1)
  t.equal(changesBetween(on('1a', '2a'), on('1a')), 1)
  t.equal(changesBetween(on('1a', '2a'), on('1a', '2b')), 2, 'another disk is another voter')
  t.equal(changesBetween([{ id: 1 }], on('1a')), 0)
})

t.test('a voter is a node and its disk, or a node alone until its disk is known', async (t) => {
  t.ok(isMember(on('1a'), 1, '1a'))
  t.notOk(isMember(on('1a'), 1, '1b'))
  t.ok(isMember([{ id: 1 }], 1, '1b'))
  t.notOk(areSame(on('1a'), on('1b')))
})

t.test('a shadow knows the voters at every offset, and takes them back when it is cut', async (t) => {
  const shadow = new LogShadow(on('1a'))
  shadow.append(naming(0, on('1a', '2a')))
  shadow.append(naming(1, on('1a', '2a', '3a')))
  t.same(shadow.voters, on('1a', '2a', '3a'))
  t.equal(shadow.votersEnd, 2)
  t.same(shadow.votersBefore(1), { ...shadow.votersBefore(1), voters: on('1a', '2a'), votersEnd: 1 })
  shadow.truncate(1)
  t.same(shadow.voters, on('1a', '2a'))
  shadow.truncate(0)
  t.same(shadow.voters, on('1a'))
  t.equal(shadow.votersEnd, 0)
  t.equal(
    votersNamedBy({ ...naming(0, on('1a')), attributes: 0 }),
    undefined,
    'a record of a client names nobody',
  )
})
