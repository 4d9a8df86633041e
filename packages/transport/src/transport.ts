import type { CancelSignal } from './cancel-signal.ts'

/** Where a listener is. What it looks like is the transport's own affair: `host:port` for TCP, any name in memory. */
export type Address = string

/** What a handler is told about the request it answers. */
export interface RequestContext {
  readonly remoteAddress: Address
  /** Aborts when the caller gave up, or its connection or the listener closed: nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/**
 * Answers one request frame with one response frame.
 *
 * Handlers run concurrently, also for requests of one connection, and answers may overtake each other. A handler that
 * rejects closes the connection, and so does one whose answer is over the frame limit: errors that a caller should see
 * are the RPC layer's to encode. What a handler does after its signal aborted is ignored.
 *
 * The request frame belongs to the handler: nobody changes or reuses it. The response frame belongs to the transport
 * from the moment it is returned: the handler must not change it any more.
 */
export type RequestHandler = (frame: Uint8Array, context: RequestContext) => Promise<Uint8Array>

/** Accepts connections until it is closed. */
export interface Listener extends AsyncDisposable {
  /** The address others connect to; with the port that was chosen, if the one asked for was 0. */
  readonly address: Address
  /** Stops accepting, closes every connection it accepted, and waits until they are gone. Idempotent. */
  close(): Promise<void>
}

/** A connection carries any number of concurrent requests, from the side that connected to the side that listened. */
export interface Connection extends AsyncDisposable {
  readonly remoteAddress: Address
  /**
   * Sends one frame and resolves with the answer, which belongs to the caller.
   *
   * `frame` must not change until the promise resolves; then it may be reused. After a rejection it must not be reused,
   * because it may still be on its way.
   *
   * @throws TRANSPORT_FRAME_TOO_LARGE (nothing sent), TRANSPORT_OVERLOADED (nothing sent: too many requests or bytes wait
   *   already), TRANSPORT_CLOSED (nothing sent: the connection was gone before the call), TRANSPORT_DISCONNECTED
   *   (outcome unknown: the peer may have acted), or the signal's reason once `signal` aborts (outcome unknown)
   */
  request(frame: Uint8Array, options?: { readonly signal?: CancelSignal }): Promise<Uint8Array>
  /** Resolves when the connection is gone, with the reason unless this side closed it. Never rejects. */
  readonly closed: Promise<Error | undefined>
  /** Rejects the requests under way with TRANSPORT_DISCONNECTED, then waits until the connection is gone. Idempotent. */
  close(): Promise<void>
}

/**
 * The port: bytes in frames, one answer a request, AbortSignal everywhere.
 *
 * A new transport implements this and runs `@quorate/transport/conformance`.
 */
export interface Transport {
  /**
   * @throws TRANSPORT_ADDRESS_IN_USE, TRANSPORT_ADDRESS_INVALID
   */
  listen(address: Address, handler: RequestHandler): Promise<Listener>
  /**
   * @throws TRANSPORT_REFUSED (nobody listens there: the peer is certainly not running), TRANSPORT_UNREACHABLE (timeout
   *   or no route, or the peer hung up before it said a word: nothing is known of it), TRANSPORT_PROTOCOL (something
   *   answers there that does not speak this protocol), TRANSPORT_ADDRESS_INVALID, or the signal's reason once `signal`
   *   aborts
   */
  connect(address: Address, options?: { readonly signal?: AbortSignal }): Promise<Connection>
}
