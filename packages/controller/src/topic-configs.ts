/** Says what is wrong with a value, or nothing. */
type Check = (value: string) => string | undefined

const int32Max = 0x7f_ff_ff_ff
/** Kafka's int64 reaches beyond what a JavaScript number holds exactly, so values without an upper bound stay text. */
const unbounded = Infinity

function integer(min: number, max: number = int32Max): Check {
  return (value) => {
    if (!/^-?\d{1,19}$/.test(value)) return `must be a whole number, not '${value}'`
    if (Number(value) >= min && Number(value) <= max) return undefined
    return `must be ${max === unbounded ? `at least ${min}` : `from ${min} to ${max}`}, not ${value}`
  }
}

const ratio: Check = (value) => {
  const number = Number(value)
  return value.trim() === '' || !(number >= 0 && number <= 1)
    ? `must be from 0 to 1, not '${value}'`
    : undefined
}

const boolean: Check = oneOf('true', 'false')

function oneOf(...allowed: string[]): Check {
  return (value) => (allowed.includes(value) ? undefined : `must be ${allowed.join(' or ')}, not '${value}'`)
}

function listOf(...allowed: string[]): Check {
  return (value) => {
    const items = value.split(',').map((item) => item.trim())
    const wrong = items.find((item) => !allowed.includes(item))
    return wrong === undefined
      ? undefined
      : `must be a list of ${allowed.join(', ')}, '${wrong}' is none of them`
  }
}

/** `*`, or `partition:broker` pairs. */
const throttledReplicas: Check = (value) =>
  value === '' || value === '*' || /^\d+:\d+(,\d+:\d+)*$/.test(value)
    ? undefined
    : `must be '*' or a list of partition:broker, not '${value}'`

const version: Check = (value) =>
  /^\d+\.\d+(\.\d+)*(-IV\d+)?$/.test(value) ? undefined : `must be a version such as 3.0-IV1, not '${value}'`

/** The configs a topic may have: Kafka's `TopicConfig`, with the values Kafka takes. */
export const topicConfigs: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['cleanup.policy', listOf('compact', 'delete')],
  ['compression.gzip.level', integer(-1, 9)],
  ['compression.lz4.level', integer(1, 17)],
  ['compression.type', oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer')],
  ['compression.zstd.level', integer(-131_072, 22)],
  ['delete.retention.ms', integer(0, unbounded)],
  ['file.delete.delay.ms', integer(0, unbounded)],
  ['flush.messages', integer(1, unbounded)],
  ['flush.ms', integer(0, unbounded)],
  ['follower.replication.throttled.replicas', throttledReplicas],
  ['index.interval.bytes', integer(0)],
  ['leader.replication.throttled.replicas', throttledReplicas],
  ['local.retention.bytes', integer(-2, unbounded)],
  ['local.retention.ms', integer(-2, unbounded)],
  ['max.compaction.lag.ms', integer(1, unbounded)],
  ['max.message.bytes', integer(0)],
  ['message.downconversion.enable', boolean],
  ['message.format.version', version],
  ['message.timestamp.after.max.ms', integer(0, unbounded)],
  ['message.timestamp.before.max.ms', integer(0, unbounded)],
  ['message.timestamp.difference.max.ms', integer(0, unbounded)],
  ['message.timestamp.type', oneOf('CreateTime', 'LogAppendTime')],
  ['min.cleanable.dirty.ratio', ratio],
  ['min.compaction.lag.ms', integer(0, unbounded)],
  ['min.insync.replicas', integer(1)],
  ['preallocate', boolean],
  ['remote.log.copy.disable', boolean],
  ['remote.log.delete.on.disable', boolean],
  ['remote.storage.enable', boolean],
  ['retention.bytes', integer(-1, unbounded)],
  ['retention.ms', integer(-1, unbounded)],
  ['segment.bytes', integer(14)],
  ['segment.index.bytes', integer(4)],
  ['segment.jitter.ms', integer(0, unbounded)],
  ['segment.ms', integer(1, unbounded)],
  ['unclean.leader.election.enable', boolean],
])
