/** A client in a process of its own. Started by `quorum.ts` with the address of the leader. */
import { rpcClient, systemClock, systemRandom } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import { Meter } from './meter.ts'
import { report, submitApi, type Command, type Load, type Report } from './protocol.ts'

const address = process.argv[2] ?? ''
const client = rpcClient({ transport: tcp(), address, clock: systemClock, random: systemRandom })

process.on('message', (command: Command) => {
  if (command.type === 'load') void load(command).then(report)
  if (command.type === 'stop') void client.close().then(() => process.disconnect())
})

async function load(options: Load): Promise<Report> {
  const value = Buffer.alloc(options.valueBytes, 7)
  const meter = new Meter(options)
  const caller = async (): Promise<void> => {
    let startedMs: number
    do {
      startedMs = performance.now()
      await client.request(submitApi, { value })
    } while (meter.committed(startedMs))
  }
  await Promise.all(Array.from({ length: options.inFlight }, caller))
  return meter.result()
}
