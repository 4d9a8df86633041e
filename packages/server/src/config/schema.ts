import { z } from 'zod'

const port = z.int().min(0).max(65_535)
const milliseconds = z.int().min(1).max(3_600_000)

/** `host:port`; an IPv6 host stands in brackets. */
export const address = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'expected host:port, an IPv6 host in brackets')

const listener = z.strictObject({
  host: z.string().min(1),
  port,
  advertised: address.optional(),
})

const controller = z.strictObject({ id: z.int().min(0), address })

/** What a node does: take part in the quorum, hold partitions, or both. */
const role = z.enum(['controller', 'broker'])

/**
 * The keys of the config file. docs/reference/configuration.md describes each; a test holds the two together.
 *
 * Checks that need more than one key are in `checkConsistency`.
 */
export const configSchema = z.strictObject({
  nodeId: z.int().min(0),
  roles: z.array(role).min(1).max(2),
  clusterId: z.string().min(1).optional(),
  dataDirectory: z.string().min(1),
  listener,
  controllers: z.array(controller).min(1).max(99),
  rack: z.string().min(1).max(255).optional(),
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  electionTimeoutMs: milliseconds.default(1000),
  electionBackoffMaxMs: milliseconds.default(1000),
  fetchTimeoutMs: milliseconds.default(2000),
  fetchMaxWaitMs: milliseconds.default(500),
  sessionTimeoutMs: milliseconds.default(9000),
  heartbeatIntervalMs: milliseconds.default(2000),
  initialRegistrationTimeoutMs: milliseconds.default(60_000),
  controlledShutdownTimeoutMs: milliseconds.default(20_000),
})

/** A config file after its defaults were filled in. Times are milliseconds. */
export type Config = z.output<typeof configSchema>

/** What a node does. */
export type Role = z.output<typeof role>

/** A rule that takes more than one key to check: where it is broken, and how. */
export interface Inconsistency {
  readonly path: readonly (string | number)[]
  readonly what: string
}

/** Hosts that mean every address of the machine, and so none that others could use. */
const wildcardHosts = new Set(['0.0.0.0', '::', '[::]'])

/** The first rule between keys that `config` breaks. */
export function findInconsistency(config: Config): Inconsistency | undefined {
  const { nodeId, roles, controllers, listener } = config
  if (new Set(roles).size !== roles.length) {
    return { path: ['roles'], what: `"roles" names "${roles[0]}" twice` }
  }
  const seen = new Set<number>()
  for (const [index, { id }] of controllers.entries()) {
    if (seen.has(id)) {
      return { path: ['controllers', index, 'id'], what: `"controllers" names the node ${id} twice` }
    }
    seen.add(id)
  }
  if (roles.includes('controller') && !seen.has(nodeId)) {
    return {
      path: ['nodeId'],
      what: `the node ${nodeId} has the role controller and is not in "controllers"`,
    }
  }
  if (!roles.includes('controller') && seen.has(nodeId)) {
    return { path: ['nodeId'], what: `the node ${nodeId} is in "controllers" and lacks that role` }
  }
  if (roles.includes('controller') && listener.port === 0) {
    return { path: ['listener', 'port'], what: 'a controller needs a fixed port, not 0' }
  }
  if (roles.includes('broker') && wildcardHosts.has(listener.host) && listener.advertised === undefined) {
    return {
      path: ['listener', 'host'],
      what: `a broker that listens on ${listener.host} needs "listener.advertised", which others can connect to`,
    }
  }
  if (config.fetchMaxWaitMs * 2 >= config.fetchTimeoutMs) {
    return {
      path: ['fetchMaxWaitMs'],
      what: `"fetchMaxWaitMs" (${config.fetchMaxWaitMs}) is not less than half of "fetchTimeoutMs" (${config.fetchTimeoutMs})`,
    }
  }
  if (roles.includes('broker') && config.heartbeatIntervalMs * 2 > config.sessionTimeoutMs) {
    return {
      path: ['heartbeatIntervalMs'],
      what: `"heartbeatIntervalMs" (${config.heartbeatIntervalMs}) is more than half of "sessionTimeoutMs" (${config.sessionTimeoutMs})`,
    }
  }
  return undefined
}

/** The keys that are known at `path` of a config file. */
export function knownConfigKeys(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 0) return Object.keys(configSchema.shape)
  if (path[0] === 'listener') return Object.keys(listener.shape)
  if (path[0] === 'controllers') return Object.keys(controller.shape)
  return []
}
