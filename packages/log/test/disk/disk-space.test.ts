import t from 'tap'
import { diskGauge, diskSpaceOf } from '../../src/disk/disk-space.ts'
import { createLog, openLog } from '../../src/index.ts'
import { FakeClock } from '../fake-clock.ts'

const kibibyte = 1024

/** A disk of any size, that counts how often it was asked. */
class FakeDisk {
  free: number
  asked = 0
  constructor(free: number) {
    this.free = free
  }
  async freeBytes(): Promise<number> {
    this.asked += 1
    if (this.free < 0) throw new Error('no such file system')
    return this.free
  }
}

t.test('a log refuses batches, and writes nothing of them, while the disk is nearly full', async (t) => {
  const path = t.testdir()
  await createLog({ path })
  const disk = new FakeDisk(950 * kibibyte)
  const clock = new FakeClock()
  const log = await openLog({ path, diskSpace: disk, minFreeBytes: 900 * kibibyte, clock })
  await log.append([{ payload: Buffer.alloc(20 * kibibyte) }])
  const full = { code: 'LOG_DISK_FULL', details: { minFreeBytes: 900 * kibibyte } }
  await t.rejects(log.append([{ payload: Buffer.alloc(40 * kibibyte) }]), full)
  t.equal(log.endOffset, 1)

  await log.write({ hardState: { epoch: 3, vote: { id: 1, directoryId: 'd' } } })
  t.equal(log.hardState?.epoch, 3, 'a vote is written all the same')
  await log.truncate(0)
  t.equal(log.endOffset, 0, 'so is a cut')

  disk.free = 2_000 * kibibyte
  clock.advance(1_000)
  await log.append([{ payload: Buffer.alloc(1) }])
  t.strictSame(await log.append([{ payload: Buffer.alloc(40 * kibibyte) }]), [1], 'and it recovers by itself')
  await log.close()
})

t.test('the disk is asked once a second, or when half of what was left was given away', async (t) => {
  const disk = new FakeDisk(1_000)
  const clock = new FakeClock()
  const gauge = (await diskGauge(disk, 200, clock))!
  t.equal(disk.asked, 1)
  for (let write = 0; write < 20; write += 1) gauge.admit(10)
  t.equal(disk.asked, 1, 'nothing has changed by more than half')
  gauge.admit(10)
  t.equal(disk.asked, 2)
  await gauge.check()
  t.equal(disk.asked, 2, 'it is asked once at a time')
  clock.advance(999)
  gauge.admit(1)
  t.equal(disk.asked, 2)
  clock.advance(1)
  gauge.admit(1)
  t.equal(disk.asked, 3)
})

t.test('what is given away between two questions is counted', async (t) => {
  const disk = new FakeDisk(1_000)
  const gauge = (await diskGauge(disk, 200, new FakeClock()))!
  t.throws(
    () => {
      for (let write = 0; write < 100; write += 1) gauge.admit(100)
    },
    { code: 'LOG_DISK_FULL' },
  )
  await gauge.check()
  disk.free = 150
  await gauge.check()
  t.throws(() => gauge.admit(0.5), { code: 'LOG_DISK_FULL' }, 'the disk has less than the limit')
  await gauge.check()
  disk.free = 1_000
  await gauge.check()
  gauge.admit(100)
})

t.test('a disk that cannot be asked is not taken for full', async () => {
  const gauge = (await diskGauge(new FakeDisk(-1), 200, new FakeClock()))!
  gauge.admit(1_000_000)
})

t.test('nobody is asked where nothing is to be kept free', async (t) => {
  t.equal(await diskGauge(new FakeDisk(0), 0, new FakeClock()), undefined)
  t.equal(await diskGauge(undefined, 1, new FakeClock()), undefined)
})

t.test('the file system is asked about itself', async (t) => {
  t.ok((await diskSpaceOf(t.testdir()).freeBytes()) > 0)
  await t.rejects(diskSpaceOf('/nowhere/at/all').freeBytes(), { code: 'ENOENT' })
})
