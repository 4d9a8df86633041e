import type { RequestContext } from '../transport.ts'
import type { BodyFormat } from './body.ts'

/** One version of an API: what goes over and what comes back. */
export interface ApiVersion<Request, Response> {
  readonly request: BodyFormat<Request>
  readonly response: BodyFormat<Response>
}

/**
 * One remote procedure. `key` is never reused; `versions` only grows, and its first entry has version `minVersion`.
 *
 * Peers exchange their ranges when they connect and use the highest version both know.
 */
export interface Api<Request = unknown, Response = unknown> {
  readonly key: number
  readonly name: string
  /** Version of the first entry of `versions`. @default 0 */
  readonly minVersion?: number
  readonly versions: readonly ApiVersion<Request, Response>[]
}

/** What is asked with an API: the request of its type. */
export type RequestOf<SomeApi> = SomeApi extends Api<infer Request, infer _> ? Request : never

/** What an API answers: the response of its type. */
export type ResponseOf<SomeApi> = SomeApi extends Api<infer _, infer Response> ? Response : never

/** What an API handler is told beside the request itself. */
export interface RpcContext extends RequestContext {
  readonly version: number
}

/** Answers one validated request. To refuse it, throw an `RpcError`: code, message and details reach the caller. */
export type ApiHandler<Request, Response> = (
  request: Request,
  context: RpcContext,
) => Promise<Response> | Response

/** An API bound to the function that answers it; made by `handle`. */
export interface HandledApi {
  readonly api: Api
  readonly handler: ApiHandler<unknown, unknown>
}

/** Declares an API; the types of request and response are those of its schemas. */
export function defineApi<Request, Response>(api: Api<Request, Response>): Api<Request, Response> {
  return api
}

/** Binds `handler` to `api`. */
export function handle<Request, Response>(
  api: Api<Request, Response>,
  handler: ApiHandler<Request, Response>,
): HandledApi {
  return { api, handler: handler as ApiHandler<unknown, unknown> }
}
