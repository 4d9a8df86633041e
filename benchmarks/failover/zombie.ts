import type { Load } from './load.ts'

const writes = 5
const patienceMs = 10_000

/**
 * Calls made to a leader that does not run, after another took over. It finds them when it is back, at a moment when it
 * may still believe that it leads.
 *
 * @param address of the leader that was
 * @param others where the nodes are that know better
 * @returns how many of its answers were wrong, once all are there: a value that was overwritten before it was asked, or an
 *   acknowledged write that is not there
 */
export async function askZombie(address: string, others: readonly string[], load: Load): Promise<number> {
  const reads = [...load.newest()].map(async ([key, { revision = 0 }]) => {
    const answer = await call(address, 'GET', key)
    return answer !== undefined && answer.revision < revision
  })
  const acknowledgedButLost = Array.from({ length: writes }, async (_, index) => {
    const key = `zombie-${index}`
    const written = await call(address, 'PUT', key)
    if (written === undefined) return false
    const found = await call(others[index % others.length]!, 'GET', key)
    return found?.revision !== written.revision
  })
  const wrong = await Promise.all([...reads, ...acknowledgedButLost])
  return wrong.filter(Boolean).length
}

/** @returns what was acknowledged; `undefined` for every other answer, and for none */
async function call(
  address: string,
  method: 'GET' | 'PUT',
  key: string,
): Promise<{ readonly revision: number } | undefined> {
  try {
    const response = await fetch(`http://${address}/keys/${key}`, {
      method,
      ...(method === 'PUT' ? { body: 'from beyond' } : {}),
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMs),
    })
    await response.text()
    return response.status === 200
      ? { revision: Number(response.headers.get('etag')?.slice(1, -1)) }
      : undefined
  } catch {
    return undefined
  }
}
