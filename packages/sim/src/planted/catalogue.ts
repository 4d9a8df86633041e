import { electionBugs } from './bugs/elections.ts'
import { proposalBugs } from './bugs/proposals.ts'
import { readBugs } from './bugs/reads.ts'
import { replicationBugs } from './bugs/replication.ts'
import { sessionBugs } from './bugs/sessions.ts'
import { snapshotBugs } from './bugs/snapshots.ts'
import { voterBugs } from './bugs/voters.ts'
import type { PlantedBug } from './planted-bug.ts'

/** The mistakes that the simulator must find, each within a thousand seeds; what found them is in docs/testing.md. */
export const plantedBugs: readonly PlantedBug[] = [
  ...electionBugs,
  ...replicationBugs,
  ...snapshotBugs,
  ...proposalBugs,
  ...readBugs,
  ...voterBugs,
  ...sessionBugs,
]
