import type { Operation } from './database.ts'
import type { GroupWriter } from './group-writer.ts'
import { writeRequest } from './request.ts'

/**
 * Performs `operations` that belong to no open log, in one atomic write that they may share with others.
 *
 * @throws LOG_FAILED, LOG_CLOSED
 */
export async function writeOperations(writer: GroupWriter, operations: readonly Operation[]): Promise<void> {
  await new Promise((resolve, reject) => {
    writer.submit({
      log: {
        prepare: () => ({ accepted: [], operations, committed: () => {}, settle: () => resolve(undefined) }),
        failed: () => {},
      },
      request: writeRequest({}, 0),
      resolve,
      reject,
      signal: undefined,
    })
  })
}
