import { styleText } from 'node:util'
import { SingleBar } from 'cli-progress'
import { systemClock } from '@quorate/transport'

/** A bar that fills while the story waits. */
interface Bar {
  /** Shows that `done` of the total is reached. */
  update(done: number): void
  stop(): void
}

/** Tells the story on standard output: coloured and with bars for a person, plain lines for a file. */
export interface Narrator {
  /** Begins a chapter. */
  chapter(title: string): void
  /** Says what happened, with the time since the beginning. */
  say(text: string): void
  /** Says something beside the story, such as a table. */
  note(text: string): void
  bar(title: string, total: number): Bar
  good(text: string): string
  bad(text: string): string
  bold(text: string): string
}

/** Options of {@link narrator}. */
export interface NarratorOptions {
  /** Where the story goes. */
  readonly output: NodeJS.WriteStream
  /** Leaves out everything but notes. */
  readonly quiet: boolean
}

/** Makes a {@link Narrator}. Its clock starts now. */
export function narrator({ output, quiet }: NarratorOptions): Narrator {
  const startMs = systemClock.now()
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    styleText(style, text, { stream: output })
  const print = (text: string): void => void output.write(`${text}\n`)
  const stamp = (): string => {
    const seconds = ((systemClock.now() - startMs) / 1000).toFixed(2)
    return paint('dim', `${seconds.padStart(6)} s`)
  }
  const say = (text: string): void => {
    if (!quiet) print(`${stamp()}  ${text}`)
  }
  let chapters = 0
  return {
    chapter(title) {
      chapters += 1
      if (!quiet) print(`\n${paint('bold', `${chapters}. ${title}`)}`)
    },
    say,
    note: print,
    bar(title, total) {
      if (quiet) return silentBar
      return output.isTTY ? drawnBar(output, title, total) : sparseBar(say, title, total)
    },
    good: (text) => paint('green', text),
    bad: (text) => paint('red', text),
    bold: (text) => paint('bold', text),
  }
}

const silentBar: Bar = { update: () => undefined, stop: () => undefined }

function drawnBar(stream: NodeJS.WriteStream, title: string, total: number): Bar {
  const bar = new SingleBar({
    stream,
    format: `          {bar} {value}/{total} ${title}`,
    barsize: 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    fps: 20,
  })
  bar.start(total, 0)
  return { update: (done) => bar.update(done), stop: () => bar.stop() }
}

/** A line at each quarter, so that a file is not filled with bars. */
function sparseBar(say: (text: string) => void, title: string, total: number): Bar {
  let saidQuarters = 0
  return {
    update(done) {
      const quarters = Math.floor((4 * done) / Math.max(1, total))
      if (quarters <= saidQuarters) return
      saidQuarters = quarters
      say(`${done}/${total} ${title}`)
    },
    stop: () => undefined,
  }
}
