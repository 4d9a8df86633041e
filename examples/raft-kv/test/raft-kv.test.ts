import t from 'tap'
import { KeyValueClient, type Outcome } from '../client.ts'
import { findLeader, makeNodes } from '../cluster.ts'

function revisionOf(outcome: Outcome): number {
  if (outcome.is !== 'done' || outcome.revision === undefined) throw new Error(`not done: ${outcome.is}`)
  return outcome.revision
}

t.test(
  'three processes serve what was acknowledged while their leader is killed and comes back',
  async (t) => {
    const nodes = await makeNodes(3, t.testdir())
    const addresses = nodes.map(({ http }) => http)
    const client = new KeyValueClient({ addresses })
    t.teardown(async () => {
      client.close()
      await Promise.all(nodes.map((node) => node.kill('SIGKILL')))
    })
    await Promise.all(nodes.map((node) => node.start()))

    const red = revisionOf(await client.put('colour', 'red'))
    for (const address of addresses) {
      const reader = new KeyValueClient({ addresses: [address] })
      t.strictSame(
        await reader.get('colour'),
        { is: 'done', value: 'red', revision: red },
        'every node reads what is newest',
      )
      reader.close()
    }
    t.strictSame(await client.put('colour', 'blue', null), { is: 'conflict', revision: red })

    const leader = await findLeader(nodes)
    await leader.kill('SIGKILL')
    t.match(await client.get('colour'), { is: 'done', value: 'red' })
    const blue = revisionOf(await client.put('colour', 'blue', red))
    t.ok(blue > red)
    await leader.start()

    const handedOver = await fetch(`http://${(await findLeader(nodes)).http}/transfer`, { method: 'POST' })
    t.equal(handedOver.status, 200)
    t.strictSame(await client.get('colour'), { is: 'done', value: 'blue', revision: blue })
    t.equal((await client.delete('colour', red)).is, 'conflict')
    t.equal((await client.delete('colour', blue)).is, 'done')
    t.strictSame(await client.get('colour'), { is: 'done' })
    await Promise.all(nodes.map((node) => node.kill('SIGTERM')))
  },
)

t.test('wrong calls are told what is wrong', async (t) => {
  const [node] = await makeNodes(1, t.testdir())
  await node!.start()
  t.teardown(() => node!.kill('SIGKILL'))
  await findLeader([node!])
  const status = async (path: string, init: RequestInit): Promise<number> =>
    (await fetch(`http://${node!.http}${path}`, init)).status
  t.equal(await status('/', {}), 404)
  t.equal(await status('/keys/a%2fb', {}), 404)
  t.equal(await status('/keys/a', { method: 'PATCH' }), 405)
  t.equal(await status('/keys/a', { method: 'PUT', body: 'x', headers: { 'if-match': 'first' } }), 400)
  t.equal(await status('/keys/a', { method: 'PUT', body: 'x'.repeat(1_048_577) }), 413)
  t.equal(await status('/keys/a', {}), 404, 'nothing was written')
})
