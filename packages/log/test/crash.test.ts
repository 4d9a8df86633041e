import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createLog, openLog } from '../src/index.ts'

const rounds = 6
const child = fileURLToPath(new URL('crash-child.ts', import.meta.url))

t.test('a process killed while it appends loses nothing it acknowledged, and leaves no hole', async (t) => {
  const path = t.testdir()
  await createLog({ path })
  let acknowledgedBefore = 0
  for (let round = 0; round < rounds; round += 1) {
    const acknowledged = await killAfter(path, 20 + 40 * round)
    const log = await openLog({ path })
    t.ok(acknowledged >= acknowledgedBefore)
    t.ok(log.endOffset >= acknowledged, `${acknowledged} acknowledged, ${log.endOffset} there`)
    let offset = 0
    while (offset < log.endOffset) {
      for (const batch of await log.read(offset)) {
        if (batch.baseOffset !== offset || Buffer.from(batch.payload).readUInt32BE() !== offset)
          t.fail(`wrong batch at offset ${offset}`)
        offset += batch.count
      }
    }
    t.equal(offset, log.endOffset)
    acknowledgedBefore = log.endOffset
    await log.close()
  }
})

/** Kills the child once it has acknowledged `lines` times. @returns the end offset it acknowledged last */
async function killAfter(path: string, lines: number): Promise<number> {
  const killed = spawn(process.execPath, [child, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  let seen = 0
  killed.stdout.on('data', (data) => {
    output += String(data)
    seen = output.split('\n').length - 1
    if (seen >= lines) killed.kill('SIGKILL')
  })
  await once(killed, 'close')
  // What was written to the pipe before the kill was acknowledged, whole lines only.
  return Math.max(...output.split('\n').slice(0, -1).map(Number))
}
