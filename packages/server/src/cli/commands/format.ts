import { loadConfig } from '../../config/load-config.ts'
import { formatDirectory } from '../../directory/format-directory.ts'
import { ServerError } from '../../errors.ts'
import type { Terminal } from '../terminal.ts'

/** What `quorate format` was called with. */
export interface FormatCommand {
  readonly config: string
  readonly clusterId?: string
  readonly ignoreFormatted?: boolean
  /** The cluster is there already. */
  readonly join?: true
}

/**
 * Formats the data directory of a config file.
 *
 * @throws CLUSTER_ID_MISSING, CLUSTER_ID_INVALID, and what `loadConfig` and `formatDirectory` throw
 */
export async function formatCommand(command: FormatCommand, terminal: Terminal): Promise<void> {
  const config = await loadConfig(command.config)
  const { clusterId, nodeId, directoryId, created } = await formatDirectory({
    directory: config.dataDirectory,
    clusterId: agreedClusterId(command.clusterId, config.clusterId),
    nodeId: config.nodeId,
    ignoreFormatted: command.ignoreFormatted ?? false,
    joins: command.join ?? false,
  })
  const verb = created ? 'formatted' : 'left as it is:'
  terminal.print(
    `${verb} ${config.dataDirectory} (node ${nodeId}, cluster ${clusterId}, directory ${directoryId})`,
  )
}

/** Every node of a cluster must be given the same id, so none is made up here. */
function agreedClusterId(fromOption: string | undefined, fromConfig: string | undefined): string {
  const clusterId = fromOption ?? fromConfig
  if (clusterId === undefined) {
    throw new ServerError(
      'CLUSTER_ID_MISSING',
      'neither --cluster-id nor the config file names the cluster',
      'Make an id with quorate random-uuid and give the same one to every node',
    )
  }
  if (fromConfig !== undefined && fromConfig !== clusterId) {
    throw new ServerError(
      'CLUSTER_ID_INVALID',
      `--cluster-id is "${clusterId}" and the config file says "${fromConfig}"`,
      'Leave --cluster-id out, or correct "clusterId" in the config file',
    )
  }
  return clusterId
}
