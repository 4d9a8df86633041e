import { styleText } from 'node:util'
import type { Address } from '@quorate/transport'

/** Sent to the parent process, if there is a channel to it, once the node does its part. */
export interface ReadyMessage {
  readonly type: 'ready'
  readonly nodeId: number
  readonly address: Address
}

/** Where a command writes, and what that place can show. */
export interface Terminal {
  /** Writes one line to standard output. */
  print(line: string): void
  /** Tells the process that started this one. */
  announce(message: ReadyMessage): void
  /** A person is watching: colours and bars make sense. */
  readonly interactive: boolean
  /** Aborts when the user asks the program to end. */
  readonly signal: AbortSignal
}

/** Colours and weights that the program uses. */
export type Style = Parameters<typeof styleText>[0]

/** `text` in `style` where a person is watching, and as it is elsewhere. */
export function paint(terminal: Pick<Terminal, 'interactive'>, style: Style, text: string): string {
  return terminal.interactive ? styleText(style, text) : text
}
