import type { Change } from '@quorate/store'
import { describeClusterApi, type MetadataImage, type MetadataRecord } from '@quorate/controller'
import { systemClock, systemRandom, type Transport } from '@quorate/transport'
import type { ClusterClient } from '../../client/cluster-client.ts'
import { openObserver } from '../../client/open-observer.ts'
import { recordLine } from '../../render/record-line.ts'
import { paint, type Terminal } from '../terminal.ts'

/**
 * Prints one line a metadata record as it is committed, until the terminal's signal aborts. First one line that says
 * what there is already.
 */
export async function watchCommand(
  client: ClusterClient,
  transport: Transport,
  terminal: Terminal,
): Promise<void> {
  const { clusterId, controllers } = client.node
  await using observer = await openObserver({
    clusterId,
    controllers,
    transport,
    clock: systemClock,
    random: systemRandom,
  })
  const { offset } = await client.ask(describeClusterApi, {})
  await observer.store.reached(offset, { signal: terminal.signal })
  for await (const change of observer.store.changes({ signal: terminal.signal })) {
    for (const line of changeLines(change, terminal)) terminal.print(line)
  }
}

function* changeLines(change: Change<MetadataImage, MetadataRecord>, terminal: Terminal): Iterable<string> {
  const { delta, image, previous, offset, epoch, timestampMs, snapshot } = change
  const where = paint(terminal, 'dim', `${String(offset).padStart(8)} epoch ${epoch}`)
  if (snapshot) {
    const partitions = [...image.topics.values()].reduce((sum, topic) => sum + topic.partitions.size, 0)
    yield `${where}  brokers ${image.brokers.size}, topics ${image.topics.size}, partitions ${partitions}`
    return
  }
  const time = paint(terminal, 'dim', new Date(timestampMs).toISOString())
  for (const record of delta) yield `${where}  ${time}  ${recordLine(record, [image, previous])}`
}
