import { parseArgs } from 'node:util'
import { search } from './search.ts'

/** `pnpm explore`: visits states of three cores until there are no more within the bounds, or enough. */
const { values } = parseArgs({
  options: {
    states: { type: 'string', default: '1000000' },
    messages: { type: 'string', default: '2' },
    proposals: { type: 'string', default: '1' },
    timeouts: { type: 'string', default: '2' },
    losses: { type: 'string', default: '0' },
    crashes: { type: 'string', default: '1' },
    epochs: { type: 'string', default: '2' },
  },
})

const beganMs = performance.now()
const { states, transitions, depth, isComplete, reached } = await search({
  maxEpoch: Number(values.epochs),
  maxCrashes: Number(values.crashes),
  maxProposals: Number(values.proposals),
  maxTimeouts: Number(values.timeouts),
  maxLosses: Number(values.losses),
  maxMessages: Number(values.messages),
  maxStates: Number(values.states),
})
const seconds = (performance.now() - beganMs) / 1_000
const rows = { states, transitions, depth, ...reached, seconds: Math.round(seconds), violations: 0 }
for (const [name, value] of Object.entries(rows)) console.log(name.padEnd(16) + String(value).padStart(12))
console.log(isComplete ? 'everything within the bounds was visited' : 'stopped at the limit of states')
