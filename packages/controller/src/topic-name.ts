import { ControllerError } from './errors.ts'

/** Longest topic name, in characters: a directory named after a partition must fit the file systems there are. */
const MAX_TOPIC_NAME_LENGTH = 249

/** `name` as it looks where `.` and `_` are the same, as in the names of metrics. */
export function collisionName(name: string): string {
  return name.replaceAll('.', '_')
}

/** Whether another topic's name can collide with `name`. */
export function mayCollide(name: string): boolean {
  return name.includes('.') || name.includes('_')
}

/** Kafka's rules for topic names. @throws INVALID_TOPIC_EXCEPTION */
export function checkTopicName(name: string): void {
  const wrong = topicNameFault(name)
  if (wrong !== undefined) throw new ControllerError('INVALID_TOPIC_EXCEPTION', wrong)
}

function topicNameFault(name: string): string | undefined {
  if (name === '') return 'a topic name must not be empty'
  if (name === '.' || name === '..') return `a topic name must not be '${name}'`
  if (name.length > MAX_TOPIC_NAME_LENGTH) {
    return `a topic name has at most ${MAX_TOPIC_NAME_LENGTH} characters, '${name.slice(0, 20)}…' has ${name.length}`
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `topic name '${name}' has characters other than ASCII letters and digits, '.', '_' and '-'`
  }
  return undefined
}
