import { spawn } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import t from 'tap'
import { openSnapshots } from '../../src/index.ts'

const child = new URL('crash-child.ts', import.meta.url).pathname

/** Lets a process make snapshots from `first` on, kills it after `count`, and gives the last one it acknowledged. */
async function killAfter(directory: string, first: number, count: number): Promise<number> {
  const maker = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, child, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  maker.stdout.on('data', (text: Buffer) => {
    output += text.toString()
    if (output.split('\n').length > count) maker.kill('SIGKILL')
  })
  await new Promise((resolve) => maker.once('close', resolve))
  return Number(output.trim().split('\n').at(-1))
}

t.test('after SIGKILL every snapshot that was finished is there, and no torn one', async (t) => {
  const directory = t.testdir()
  let first = 0
  for (const count of [1, 4, 9]) {
    const acknowledged = await killAfter(directory, first, count)
    await using snapshots = await openSnapshots({ directory })
    t.strictSame(snapshots.damaged, [])
    t.ok(snapshots.all.length > acknowledged, `${acknowledged} is there`)
    for (const info of snapshots.all) {
      const pieces: Uint8Array[] = []
      for await (const piece of snapshots.contents(info)) pieces.push(piece)
      t.strictSame(Buffer.concat(pieces), Buffer.alloc(200_000, info.endOffset % 251))
    }
    const files = await readdir(directory)
    t.equal(files.filter((name) => name.endsWith('.part')).length, 0)
    first = snapshots.all.length
  }
})
