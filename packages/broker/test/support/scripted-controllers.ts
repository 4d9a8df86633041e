import type { ControllerClient, ControllerRequestOptions } from '@quorate/controller'
import { RpcError } from '@quorate/transport'
import type { Api } from '@quorate/transport'
import { settle } from './settle.ts'

/** One request a broker has sent, waiting for the test to answer it. */
export interface ScriptedRequest {
  readonly api: string
  readonly body: Record<string, unknown>
  readonly options: ControllerRequestOptions
  answer(response: unknown): void
  refuse(code: string): void
}

/** A controller client whose answers are written by the test. Nothing answers by itself. */
export function scriptedControllers() {
  const requests: ScriptedRequest[] = []
  let arrived = Promise.withResolvers<void>()
  const client: ControllerClient = {
    activeId: undefined,
    request<Request, Response>(
      api: Api<Request, Response>,
      body: Request,
      options: ControllerRequestOptions = {},
    ) {
      const { promise, resolve, reject } = Promise.withResolvers<Response>()
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason))
      requests.push({
        api: api.name,
        body: body as Record<string, unknown>,
        options,
        answer: (response) => resolve(response as Response),
        refuse: (code) => reject(new RpcError(code, `refused with ${code}`)),
      })
      arrived.resolve()
      arrived = Promise.withResolvers()
      return promise
    },
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  async function next(): Promise<ScriptedRequest> {
    while (requests.length === 0) await arrived.promise
    return requests.shift()!
  }
  async function exchange(response: object): Promise<ScriptedRequest> {
    const request = await next()
    request.answer(response)
    await settle()
    return request
  }
  return {
    client,
    /** Requests nobody has taken yet. */
    get waiting() {
      return requests.length
    },
    /** The oldest request nobody has taken yet, as soon as there is one. */
    next,
    /** Answers the next request, and lets who sent it act on the answer. */
    exchange,
  }
}
