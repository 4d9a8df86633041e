/** A client in a process of its own. Started by `quorum.ts` with the address of the leader. */
import { rpcClient, systemClock, systemRandom } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import { closedLoop } from './closed-loop.ts'
import { report, submitApi, type Command } from './protocol.ts'

const address = process.argv[2] ?? ''
const client = rpcClient({ transport: tcp(), address, clock: systemClock, random: systemRandom })

process.on('message', (command: Command) => {
  if (command.type === 'load') {
    void closedLoop(command, (value) => client.request(submitApi, value)).then(report)
  }
  if (command.type === 'stop') void client.close().then(() => process.disconnect())
})
