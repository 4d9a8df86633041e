import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { HighWater, readHighWater, writeHighWater } from '../../src/recovery/high-water.ts'
import { FakeClock } from '../fake-clock.ts'

interface Tried {
  readonly path: string
  readonly clock: FakeClock
  readonly marks: number[]
  readonly highWater: HighWater
}

/** A high-water mark whose database remembers the marks that were put, or fails to. */
function tried(directory: string, fails = (): boolean => false): Tried {
  const path = `${directory}/high-water`
  const clock = new FakeClock()
  const marks: number[] = []
  const putMark = async (mark: number): Promise<void> => {
    if (fails()) throw new Error('the disk is full')
    marks.push(mark)
  }
  return {
    path,
    clock,
    marks,
    highWater: new HighWater({ path, mark: 7, putMark, intervalMs: 1_000, clock }),
  }
}

/** Resolves when the file says `mark`. The write has begun; nothing tells when it ends. */
async function recorded(path: string, mark: number): Promise<void> {
  while ((await readHighWater(path)) !== mark) await new Promise(setImmediate)
}

t.test('a mark follows a write within the interval, and one mark is enough for many writes', async (t) => {
  const { path, clock, marks, highWater } = tried(t.testdir())
  clock.advance(5_000)
  t.strictSame(marks, [], 'nothing was written, so there is no mark')
  for (let write = 0; write < 10; write += 1) highWater.written()
  clock.advance(999)
  t.strictSame(marks, [])
  clock.advance(1)
  await recorded(path, 8)
  t.strictSame(marks, [8])
  clock.advance(5_000)
  t.strictSame(marks, [8], 'and no more while nothing is written')
  highWater.written()
  await highWater.close()
  t.strictSame(marks, [8, 9], 'closing leaves one behind the last write')
  t.equal(await readHighWater(path), 9)
  t.equal(clock.pending, 0)
})

t.test('closing leaves no mark where there was no write', async (t) => {
  const { path, highWater, marks } = tried(t.testdir())
  await highWater.close()
  await highWater.close()
  t.strictSame(marks, [])
  t.notOk(existsSync(path))
})

t.test('a mark that the database did not take is not recorded, and is tried again', async (t) => {
  let full = true
  const { path, clock, marks, highWater } = tried(t.testdir(), () => full)
  highWater.written()
  clock.advance(1_000)
  while (clock.pending === 0) await new Promise(setImmediate)
  t.notOk(existsSync(path), 'the file never says more than the database')
  full = false
  clock.advance(1_000)
  await recorded(path, 8)
  t.strictSame(marks, [8])
  await highWater.close()
})

t.test('a file that is missing or has a bad byte says nothing', async (t) => {
  const path = `${t.testdir()}/high-water`
  t.equal(await readHighWater(path), undefined)
  await writeHighWater(path, 2 ** 40 + 5)
  t.equal(await readHighWater(path), 2 ** 40 + 5)
  const whole = readFileSync(path)
  for (let position = 0; position < whole.length; position += 1) {
    const flipped = Buffer.from(whole)
    flipped[position]! ^= 0x40
    writeFileSync(path, flipped)
    t.equal(await readHighWater(path), undefined, `byte ${position} flipped`)
    writeFileSync(path, whole.subarray(0, position))
    t.equal(await readHighWater(path), undefined, `cut to ${position}`)
  }
  rmSync(path)
  t.notOk(existsSync(`${path}.aside`), 'nothing is left aside')
})
