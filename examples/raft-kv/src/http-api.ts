import type { IncomingMessage, RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { RaftError, type RaftNode } from '@quorate/raft'
import type { Command, KeyValueMap } from './key-value-map.ts'

type Answer = readonly [status: number, body?: string, headers?: Readonly<Record<string, string>>]

const callTimeoutMs = 1_000
const maxValueBytes = 1_048_576

/** Serves GET, PUT and DELETE of /keys/NAME, GET /status and POST /transfer. `addresses`: where the nodes serve HTTP. */
export function httpApi(
  raft: RaftNode,
  map: KeyValueMap,
  addresses: ReadonlyMap<number, string>,
): RequestListener {
  async function answer(request: IncomingMessage): Promise<Answer> {
    const [, resource, name = ''] = (request.url ?? '').split('/')
    const route = `${request.method} /${resource}`
    if (route === 'GET /status') return [200, JSON.stringify(raft.status())]
    if (route === 'POST /transfer') return [200, String(await raft.transferLeadership())]
    if (resource !== 'keys' || !/^[\w.-]+$/.test(name)) return [404, 'keys are letters, digits and _ . -']
    if (request.method === 'GET') return read(name)
    const expected = expectation(request)
    if (expected === 'invalid') return [400, 'conditions are If-Match: "REVISION" and If-None-Match: *']
    if (request.method === 'DELETE') return write({ key: name, ...expected })
    if (request.method !== 'PUT') return [405]
    if (!(Number(request.headers['content-length']) <= maxValueBytes))
      return [413, `at most ${maxValueBytes} bytes`]
    return write({ key: name, value: await text(request), ...expected })
  }

  /** On any node: once `read` resolves, this node's map has everything that was committed before the call. */
  async function read(key: string): Promise<Answer> {
    await raft.read({ signal: AbortSignal.timeout(callTimeoutMs) })
    const entry = map.get(key)
    return entry === undefined ? [404] : [200, entry.value, etag(entry.revision)]
  }

  async function write(command: Command): Promise<Answer> {
    const payload = Buffer.from(JSON.stringify(command))
    const outcome = await raft.submit(payload, { signal: AbortSignal.timeout(callTimeoutMs) })
    if (outcome.status === 'rejected') throw outcome.error
    if (outcome.status === 'unknown')
      return [504, `it may be written now, later or never: ${outcome.error.message}`]
    const conflict = map.conflict(outcome.baseOffset)
    return conflict === undefined ? [200, '', etag(outcome.baseOffset)] : [412, '', etag(conflict)]
  }

  /** Whatever was thrown, nothing was written: try again, elsewhere if it is known where. */
  function refusal(error: Error, { method, url }: IncomingMessage): Answer {
    const leaderId = error instanceof RaftError ? error.details['leaderId'] : undefined
    const leader = method === 'GET' ? undefined : addresses.get(leaderId as number)
    if (leader === undefined) return [503, error.message]
    return [307, error.message, { location: `http://${leader}${url}` }]
  }

  return (request, response) => {
    void answer(request)
      .catch((error: unknown) => refusal(error as Error, request))
      .then(([status, body = '', headers = {}]) => response.writeHead(status, headers).end(body))
  }
}

function etag(revision: number | null): Readonly<Record<string, string>> {
  return revision === null ? {} : { etag: `"${revision}"` }
}

/** `If-Match: "7"` wants the key at revision 7, `If-None-Match: *` wants it absent. */
function expectation({ headers }: IncomingMessage): Pick<Command, 'expected'> | 'invalid' {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers
  if (match === undefined && noneMatch === undefined) return {}
  if (match === undefined) return noneMatch === '*' ? { expected: null } : 'invalid'
  const revision = /^"(\d+)"$/.exec(match)?.[1]
  return revision === undefined ? 'invalid' : { expected: Number(revision) }
}
