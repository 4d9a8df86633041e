import { writeSync } from 'node:fs'
import { openLog } from '../src/index.ts'

/** Appends its own offset as the payload of each batch, and says on stdout how far it is acknowledged. Never ends. */
const log = await openLog({ path: process.argv[2]!, maxChunkBytes: 2000 })
let next = log.endOffset

async function append(): Promise<never> {
  for (;;) {
    const payload = Buffer.alloc(4 + (next % 300))
    payload.writeUInt32BE(next)
    next += 1
    const [offset] = await log.append([{ payload }])
    writeSync(1, `${offset! + 1}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, append))
