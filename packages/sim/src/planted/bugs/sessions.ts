import type { PlantedBug } from '../planted-bug.ts'

/** Mistakes with sessions, which apply a proposal once however often it is made. */
export const sessionBugs: readonly PlantedBug[] = [
  {
    name: 'knows of sessions only what was committed while it led',
    edits: [
      {
        file: 'sessions/session-table.ts',
        find: 'sequence === session.lastSequence + 1,',
        replace: 'sequence > 0,',
      },
      {
        file: 'node/sessions.ts',
        find: 'this.table.apply(batch)',
        replace: 'if (this.#reign !== undefined || batch.payload.byteLength === 16) this.table.apply(batch)',
      },
    ],
  },
  {
    name: 'takes a repeated proposal for a new one',
    edits: [
      {
        file: 'sessions/session-table.ts',
        find: 'sequence === session.lastSequence + 1,',
        replace: 'sequence > 0,',
      },
      {
        file: 'node/sessions.ts',
        find: 'if (sequence === last + 1) {',
        replace: 'if (sequence <= last + 1) {',
      },
    ],
  },
  {
    name: 'forgets what it appended and has not applied',
    edits: [
      {
        file: 'sessions/session-table.ts',
        find: 'sequence === session.lastSequence + 1,',
        replace: 'sequence > 0,',
      },
      { file: 'node/sessions.ts', find: 'inFlight.push(', replace: 'if (sequence < 0) inFlight.push(' },
    ],
  },
  {
    name: 'takes proposals of sessions before it has applied the past',
    edits: [
      {
        file: 'sessions/session-table.ts',
        find: 'sequence === session.lastSequence + 1,',
        replace: 'sequence > 0,',
      },
      {
        file: 'node/sessions.ts',
        find: 'if (this.#reign?.epoch === epoch && appliedOffset > this.#reign.epochStart) return',
        replace: 'if (epoch > 0 && appliedOffset >= 0) return',
      },
    ],
  },
]
