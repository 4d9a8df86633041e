import { CommanderError } from 'commander'
import { ServerError } from '../errors.ts'
import { adviceFor } from './advice.ts'

/** What the program prints and how it ends when a command failed. */
export interface Failure {
  /** One line, `error CODE: what. What to do.`; empty when there is nothing to say, as after --help. */
  readonly line: string
  /** 0 after --help and --version, 2 after wrong usage, 1 otherwise. */
  readonly exitCode: number
}

/** Turns whatever a command threw into one line and an exit code. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CommanderError) return usageFailure(error)
  const { code, message } = codeAndMessage(error)
  const action = error instanceof ServerError ? error.action : adviceFor(code)
  return { line: failureLine(code, message, action), exitCode: code === 'USAGE' ? 2 : 1 }
}

/** `error CODE: what. What to do.` on one line, whatever line breaks its parts have. */
function failureLine(code: string, what: string, action: string): string {
  return `error ${code}: ${sentence(what)} ${sentence(action)}`
}

/** `text` on one line, with a full stop unless it ends with a mark of its own. */
function sentence(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return /[.?!]$/.test(line) ? line : `${line}.`
}

function usageFailure(error: CommanderError): Failure {
  if (error.exitCode === 0) return { line: '', exitCode: 0 }
  // Commander throws this one, which has no message of use, for a command group that was called without a command.
  const what =
    error.code === 'commander.help' ? 'a command is missing' : error.message.replace(/^error: /, '')
  return { line: failureLine('USAGE', what, 'quorate --help shows what there is'), exitCode: 2 }
}

function codeAndMessage(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error) }
  const { code } = error as { code?: unknown }
  return { code: typeof code === 'string' && code !== '' ? code : 'INTERNAL', message: error.message }
}
