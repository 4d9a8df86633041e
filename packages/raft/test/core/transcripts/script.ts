import type { CoreConfig } from '../../../src/core/config.ts'
import { formatLine, heading } from './lines.ts'
import { Stage } from './stage.ts'

/** What a verb is given: its words, and the stage that the first verb of every script sets. */
interface Call {
  readonly words: readonly string[]
  readonly stage: Stage
}

const payload = { payload: new Uint8Array(1), attributes: 0, timestampMs: 0 }

/** What a script can say. README.md in this folder lists it. */
const verbs: Readonly<Record<string, (call: Call) => void>> = {
  timeout: ({ words, stage }) => stage.timeout(number(words[0])),
  wait: ({ words, stage }) => stage.wait(number(words[0])),
  tick: ({ words, stage }) => stage.step(number(words[0]), { type: 'tick' }),
  deliver: ({ words, stage }) => void stage.deliver(...link(words[0])),
  lose: ({ words, stage }) => stage.fail('timeout', ...link(words[0])),
  refuse: ({ words, stage }) => stage.fail('refused', ...link(words[0])),
  write: ({ words, stage }) => void stage.finishWrites(number(words[0])),
  settle: ({ stage }) => stage.settle(),
  isolate: ({ words, stage }) => stage.isolate(words.map(number)),
  heal: ({ stage }) => stage.heal(),
  crash: ({ words, stage }) => stage.crash(number(words[0])),
  start: ({ words, stage }) => stage.start(number(words[0])),
  propose: ({ words, stage }) =>
    stage.step(number(words[0]), {
      type: 'propose',
      payload: { ...payload, count: number(words[1] ?? '1') },
    }),
  read: ({ words, stage }) => stage.step(number(words[0]), { type: 'read', readId: number(words[1]) }),
  transfer: ({ words, stage }) => stage.step(number(words[0]), { type: 'transfer', to: number(words[1]) }),
  resign: ({ words, stage }) => stage.step(number(words[0]), { type: 'resign' }),
  status: ({ stage }) => stage.status(),
}

/** Plays a script: keeps comments, verbs and empty lines, and puts what happens in place of what stands there. */
export function play(script: string): string {
  let stage: Stage | undefined
  const played: string[] = []
  for (const line of script.split('\n')) {
    if (line.startsWith('#') || line === '') played.push(line)
    if (!line.startsWith('> ')) continue
    played.push(line)
    const isQuiet = line.startsWith('> quietly ')
    const [verb = '', ...words] = line
      .replace(/^> (quietly )?/, '')
      .trim()
      .split(/\s+/)
    if (verb === 'cluster') {
      stage = cluster(words)
      stage.takeLines()
      played.push(heading)
    } else {
      const act = verbs[verb]
      if (act === undefined || stage === undefined) throw new Error(`not understood: ${line}`)
      act({ words, stage })
    }
    const lines = stage.takeLines()
    if (!isQuiet) played.push(...lines.map(formatLine))
  }
  return played.join('\n')
}

/** `cluster 3 observer 101 lease 500`: voters 1 to 3, and what else there is. */
function cluster([voters, ...options]: readonly string[]): Stage {
  const ids = Array.from({ length: number(voters) }, (_, index) => index + 1)
  const observers: number[] = []
  const config: { -readonly [Name in keyof CoreConfig]?: CoreConfig[Name] } = {}
  for (let at = 0; at < options.length; at += 2) {
    const value = number(options[at + 1])
    if (options[at] === 'observer') observers.push(value)
    else if (options[at] === 'lease') config.readLease = { durationMs: value, maxClockDriftRatio: 0 }
    else throw new Error(`a cluster has no ${options[at]}`)
  }
  return new Stage(ids, observers, config)
}

function number(word: string | undefined): number {
  const value = Number(word)
  if (word === undefined || !Number.isFinite(value)) throw new Error(`a number is wanted, not ${word}`)
  return value
}

/** `1>2`, or nothing for every link. */
function link(word: string | undefined): [number, number] {
  const [from, to] = (word ?? '').split('>')
  return word === undefined ? ([undefined, undefined] as never) : [number(from), number(to)]
}
