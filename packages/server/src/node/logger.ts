import { destination, pino, type Logger } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { Config } from '../config/schema.ts'

/**
 * The log of a node on standard output: one JSON object a line for machines, a coloured line for a person at a
 * terminal. Written at once, so that the last line before a crash is there.
 */
export function nodeLogger(config: Pick<Config, 'logLevel' | 'nodeId'>, interactive: boolean): Logger {
  const options = { level: config.logLevel, base: { nodeId: config.nodeId } }
  const output = destination({ dest: 1, sync: true })
  if (!interactive) return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, output)
  const pretty = prettyFactory({ colorize: true, translateTime: 'HH:MM:ss.l', singleLine: true })
  return pino(options, { write: (line: string) => output.write(pretty(line) ?? '') })
}
