import { setImmediate as nextLoop } from 'node:timers/promises'
import t from 'tap'
import { afterSending, Turn } from '../../src/node/turn.ts'

/** Hands an answer on through as many async functions as a transport may have, and writes it in a tick, as sockets do. */
async function answer(layers: number, write: () => void): Promise<void> {
  if (layers > 0) await answer(layers - 1, write)
  else process.nextTick(write)
}

t.test('what is done after sending is done when the answers of the turn have been written', async (t) => {
  const order: string[] = []
  const turn = new Turn(() => {
    void Promise.resolve().then(() => answer(20, () => order.push('written')))
    afterSending(() => order.push('after'))
  })
  turn.touch()
  await nextLoop()
  t.same(order, ['written', 'after'])
})

t.test('a turn ends once, behind all promise jobs that its event set off', async (t) => {
  const order: string[] = []
  const turn = new Turn(() => order.push('end'))
  turn.touch()
  void Promise.resolve()
    .then(() => turn.touch())
    .then(() => order.push('job'))
  await nextLoop()
  t.same(order, ['job', 'end'])
  turn.touch()
  await nextLoop()
  t.same(order, ['job', 'end', 'end'], 'and the next one once more')
})
