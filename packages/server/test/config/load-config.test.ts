import { join } from 'node:path'
import t from 'tap'
import { loadConfig, parseConfig } from '../../src/config/load-config.ts'
import { nearestName } from '../../src/config/nearest-name.ts'

const good = `nodeId: 1
roles: [controller, broker]
dataDirectory: data
listener:
  host: 127.0.0.1
  port: 9092
controllers:
  - id: 1
    address: 127.0.0.1:9092
`

t.test('a config file gets the defaults it leaves open', (t) => {
  const config = parseConfig(good, 'node.yaml')
  t.equal(config.electionTimeoutMs, 1000)
  t.equal(config.sessionTimeoutMs, 9000)
  t.equal(config.logLevel, 'info')
  t.strictSame(config.roles, ['controller', 'broker'])
  t.end()
})

t.test('a relative data directory is relative to the config file', async (t) => {
  const directory = t.testdir({ 'node.yaml': good })
  const config = await loadConfig(join(directory, 'node.yaml'))
  t.equal(config.dataDirectory, join(directory, 'data'))
})

t.test('a file that cannot be read is an error that names it', async (t) => {
  await t.rejects(loadConfig('/nowhere/node.yaml'), {
    code: 'CONFIG_NOT_READABLE',
    message: /\/nowhere\/node\.yaml.*ENOENT/,
  })
})

const refusals: readonly {
  readonly what: string
  readonly text: string
  readonly message: RegExp
}[] = [
  {
    what: 'an unknown key, with its line and the nearest known key',
    text: `${good}sessionTimeout: 5\n`,
    message: /^node\.yaml:10: unknown key "sessionTimeout"; did you mean "sessionTimeoutMs"\?$/,
  },
  {
    what: 'an unknown key that is near to nothing, without a guess',
    text: `${good}zookeeper: localhost\n`,
    message: /^node\.yaml:10: unknown key "zookeeper"$/,
  },
  {
    what: 'an unknown key in a nested map',
    text: good.replace('  port: 9092', '  port: 9092\n  adverts: a:1'),
    message: /^node\.yaml:7: unknown key "listener\.adverts"/,
  },
  {
    what: 'a missing key',
    text: good.replace('nodeId: 1\n', ''),
    message: /^node\.yaml:1: "nodeId": /,
  },
  {
    what: 'a value of the wrong type, with its line',
    text: good.replace('port: 9092', 'port: many'),
    message: /^node\.yaml:6: "listener\.port": /,
  },
  {
    what: 'text that is not YAML',
    text: 'nodeId: [1',
    message: /^node\.yaml:1: /,
  },
  {
    what: 'a document that is not a map',
    text: 'hello',
    message: /^node\.yaml:1: the document: /,
  },
  {
    what: 'an address without a port',
    text: good.replace('address: 127.0.0.1:9092', 'address: localhost'),
    message: /^node\.yaml:9: "controllers\.0\.address": expected host:port/,
  },
  {
    what: 'two controllers of one id',
    text: `${good}  - { id: 1, address: "b:1" }\n`,
    message: /^node\.yaml:10: "controllers" names the node 1 twice$/,
  },
  {
    what: 'a controller that is not in the list of controllers',
    text: good.replace('nodeId: 1', 'nodeId: 7'),
    message: /^node\.yaml:1: the node 7 has the role controller and is not in "controllers"$/,
  },
  {
    what: 'a broker with the id of a controller',
    text: good.replace('[controller, broker]', '[broker]'),
    message: /^node\.yaml:1: the node 1 is in "controllers" and lacks that role$/,
  },
  {
    what: 'a role named twice',
    text: good.replace('[controller, broker]', '[broker, broker]'),
    message: /^node\.yaml:2: "roles" names "broker" twice$/,
  },
  {
    what: 'a controller without a fixed port',
    text: good.replace('port: 9092', 'port: 0'),
    message: /^node\.yaml:6: a controller needs a fixed port, not 0$/,
  },
  {
    what: 'a broker nobody could connect to',
    text: good.replace('host: 127.0.0.1', 'host: 0.0.0.0'),
    message: /^node\.yaml:5: a broker that listens on 0\.0\.0\.0 needs "listener\.advertised"/,
  },
  {
    what: 'a fetch that waits longer than followers do',
    text: `${good}fetchTimeoutMs: 1000\n`,
    message: /^node\.yaml:\d+: "fetchMaxWaitMs" \(500\) is not less than half of "fetchTimeoutMs" \(1000\)$/,
  },
  {
    what: 'a heartbeat too rare for the session',
    text: `${good}sessionTimeoutMs: 3000\n`,
    message:
      /^node\.yaml:\d+: "heartbeatIntervalMs" \(2000\) is more than half of "sessionTimeoutMs" \(3000\)$/,
  },
]

for (const { what, text, message } of refusals) {
  t.test(`a config file is refused for ${what}`, (t) => {
    t.throws(() => parseConfig(text, 'node.yaml'), { code: 'CONFIG_INVALID', message })
    t.end()
  })
}

t.test('the nearest name ignores case and gives up when too much differs', (t) => {
  t.equal(nearestName('NODEID', ['nodeId', 'roles']), 'nodeId')
  t.equal(nearestName('dataDirectroy', ['nodeId', 'dataDirectory']), 'dataDirectory')
  t.equal(nearestName('xyz', ['nodeId', 'roles']), undefined)
  t.equal(nearestName('anything', []), undefined)
  t.end()
})

t.test('a directory in place of the config file cannot be read', async (t) => {
  await t.rejects(loadConfig(t.testdir()), { code: 'CONFIG_NOT_READABLE', message: /EISDIR/ })
})
