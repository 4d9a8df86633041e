import type { Cluster } from './cluster.ts'
import { program } from './node-process.ts'

/** Commands that talk to a cluster that was left running, ready to paste. */
export function keepInstructions(cluster: Cluster): string {
  const bootstrap = cluster.members.map(({ address }) => address).join(',')
  const pids = cluster.members.map(({ id }) => cluster.process(id).pid).join(' ')
  return `
The cluster still runs, in ${cluster.directory}. To talk to it:

  quorate() { ${process.execPath} ${program} "$@"; }
  export BOOTSTRAP=${bootstrap}

  quorate describe --bootstrap $BOOTSTRAP
  quorate describe quorum --bootstrap $BOOTSTRAP
  quorate describe brokers --bootstrap $BOOTSTRAP
  quorate describe partitions orders.events --bootstrap $BOOTSTRAP
  quorate topics create my-topic --partitions 6 --replication-factor 3 --bootstrap $BOOTSTRAP
  quorate watch --bootstrap $BOOTSTRAP

To end it:

  kill -9 ${pids}; rm -r ${cluster.directory}
`
}
