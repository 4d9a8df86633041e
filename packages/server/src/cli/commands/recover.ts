import { openLog } from '@quorate/log'
import { recoverAsSingleVoter, type Voter } from '@quorate/raft'
import { loadConfig } from '../../config/load-config.ts'
import { openDirectory } from '../../directory/open-directory.ts'
import { ServerError } from '../../errors.ts'
import { paint, type Terminal } from '../terminal.ts'

/** What `quorate recover` was called with. */
export interface RecoverCommand {
  readonly config: string
  readonly reason: string
  readonly asSingleVoter?: true
  readonly acceptDataLoss?: true
}

/**
 * Makes a stopped controller the only voter of a quorum whose majority is lost for good, and says what that means.
 *
 * @throws RECOVERY_NOT_CONFIRMED without both flags; what `loadConfig`, `openDirectory`, `openLog` and
 *   `recoverAsSingleVoter` throw
 */
export async function recoverCommand(command: RecoverCommand, terminal: Terminal): Promise<void> {
  const config = await loadConfig(command.config)
  if (!command.asSingleVoter || !command.acceptDataLoss) throw notConfirmed(config.nodeId)
  await using directory = await openDirectory(config.dataDirectory, config)
  await using log = await openLog({ path: directory.logPath })
  const { nodeId: id, directoryId } = directory.identity
  const { previousVoters, previousEpoch, epoch, offset } = await recoverAsSingleVoter({
    log,
    voter: { id, directoryId },
    voters: config.controllers.map((controller) => ({ id: controller.id })),
    reason: command.reason,
    acceptDataLoss: true,
  })
  terminal.print(paint(terminal, 'bold', `node ${id} is the only voter now, from offset ${offset} on`))
  terminal.print(`  before: ${namesOf(previousVoters)}, epoch ${previousEpoch}; now epoch ${epoch}`)
  terminal.print(`  kept: everything before offset ${offset}, also what was never acknowledged`)
  terminal.print('  lost: whatever the other voters had acknowledged and this node had not received')
  terminal.print(
    '  never start the other voters on their old directories again: two of them can go on without this one',
  )
  terminal.print('  give them new ones, made with quorate format --join')
}

function namesOf(voters: readonly Voter[]): string {
  const names = voters.map(({ id, directoryId }) =>
    directoryId === undefined ? `${id}` : `${id} (${directoryId})`,
  )
  return `voters ${names.join(', ')}`
}

function notConfirmed(nodeId: number): ServerError {
  return new ServerError(
    'RECOVERY_NOT_CONFIRMED',
    `this would make the node ${nodeId} the only voter, and what only the others have would be lost`,
    'If a majority of the voters is gone for good and this node has the longest log of those left, stop all of them and pass --as-single-voter --accept-data-loss',
  )
}
