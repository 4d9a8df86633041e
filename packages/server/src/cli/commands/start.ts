import { openLog } from '@quorate/log'
import type { Endpoint } from '@quorate/controller'
import type { Address } from '@quorate/transport'
import { tcp } from '@quorate/transport-tcp'
import { joinAddress, splitAddress } from '../../config/address.ts'
import { loadConfig } from '../../config/load-config.ts'
import type { Config } from '../../config/schema.ts'
import { openDirectory } from '../../directory/open-directory.ts'
import { ServerError } from '../../errors.ts'
import { nodeLogger } from '../../node/logger.ts'
import { openNode } from '../../node/open-node.ts'
import type { Terminal } from '../terminal.ts'

/**
 * Runs a node until the terminal's signal aborts, and then stops it gracefully: a broker's leaders move first.
 *
 * @throws what `loadConfig`, `openDirectory` and `openNode` throw; NODE_FAILED when the node stopped by itself
 */
export async function startCommand(configPath: string, terminal: Terminal): Promise<void> {
  const config = await loadConfig(configPath)
  const logger = nodeLogger(config, terminal.interactive)
  await using directory = await openDirectory(config.dataDirectory, config)
  const transport = tcp({ logger })
  await using node = await openNode({
    ...config,
    identity: directory.identity,
    transport,
    address: joinAddress(config.listener),
    endpoints: (address) => [endpointOf(config, address)],
    openLog: () => openLog({ path: directory.logPath }),
    logger,
    raft: {
      electionTimeoutMs: config.electionTimeoutMs,
      electionBackoffMaxMs: config.electionBackoffMaxMs,
      fetchTimeoutMs: config.fetchTimeoutMs,
      fetchMaxWaitMs: config.fetchMaxWaitMs,
    },
  })
  logger.info({ address: node.address, roles: config.roles }, 'listening')

  const failed = node.failed.then((cause) => {
    throw nodeFailed(cause)
  })
  const stopped = aborted(terminal.signal)
  const ready = node.ready({ signal: terminal.signal }).then(() => {
    logger.info({ address: node.address }, 'ready')
    terminal.announce({ type: 'ready', nodeId: node.nodeId, address: node.address })
    return stopped
  })
  await Promise.race([failed, stopped, ready])
  logger.info({}, 'stopping')
}

function endpointOf({ listener }: Config, address: Address): Endpoint {
  const bound = joinAddress({ host: listener.host, port: splitAddress(address).port })
  return { name: 'PLAINTEXT', ...splitAddress(listener.advertised ?? bound) }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function nodeFailed(cause: Error): ServerError {
  const { code } = cause as { code?: unknown }
  return new ServerError(
    'NODE_FAILED',
    `the node stopped by itself: ${typeof code === 'string' ? `${code}: ` : ''}${cause.message}`,
    'The log lines before this one say more; correct the cause and start the node again',
    { cause },
  )
}
