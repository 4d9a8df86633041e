import type { MetadataRecord } from '@quorate/controller'
import t from 'tap'
import { MetadataCache } from '../../src/metadata/metadata-cache.ts'
import { deltaOf, isrChange, metadataLog, onlineBrokers, partition, topic } from '../support/metadata-log.ts'

t.test('topics are found by name and by id, and partitions by their leader', async (t) => {
  const log = metadataLog()
  const cache = new MetadataCache()
  t.equal(cache.view, undefined)
  const append = (...records: readonly MetadataRecord[]) =>
    cache.publish(deltaOf(log.append(...records)), log.image, { offset: log.offset, first: false })

  append(...onlineBrokers(2), topic('T1', 'orders'), partition('T1', 0, [2, 1]))
  const before = cache.view
  t.match(before, { offset: 6 })
  t.equal(before?.topicByName('orders'), before?.topicById('T1'))
  t.equal(before?.topicByName('carts'), undefined)
  t.equal(before?.topicById('T2'), undefined)
  t.match(before?.leaderOf('T1', 0), { leaderEpoch: 0, broker: { brokerId: 2, endpoints: [{ host: 'b2' }] } })
  t.equal(before?.leaderOf('T1', 1), undefined)
  t.equal(before?.leaderOf('T2', 0), undefined)

  append(isrChange('T1', 0, { leader: 1 }))
  t.match(cache.view?.leaderOf('T1', 0), { leaderEpoch: 1, broker: { brokerId: 1 } })
  t.match(before?.leaderOf('T1', 0), { leaderEpoch: 0 }, 'a view that was taken does not change')

  append(isrChange('T1', 0, { leader: -1 }))
  t.equal(cache.view?.leaderOf('T1', 0), undefined)
})
