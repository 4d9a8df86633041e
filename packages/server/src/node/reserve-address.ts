import type { Address, Listener, RequestHandler, Transport } from '@quorate/transport'

/** An address that is already listened on, before there is anything to answer with. */
export interface ReservedAddress {
  /** The address others connect to; with the port that was chosen, if the one asked for was 0. */
  readonly address: Address
  /** The transport, whose next `listen` takes the reserved address over. Requests that came meanwhile are answered then. */
  readonly transport: Transport
  /** Stops listening. Idempotent. */
  close(): Promise<void>
}

/**
 * Listens on `address` at once. A node does this before it opens its log, so that an address in use is found while
 * nothing on disk was changed, and so that the endpoint a broker registers is known.
 *
 * @throws TRANSPORT_ADDRESS_IN_USE, TRANSPORT_ADDRESS_INVALID
 */
export async function reserveAddress(transport: Transport, address: Address): Promise<ReservedAddress> {
  const handler = Promise.withResolvers<RequestHandler>()
  // Rejected by close: a request that waits at that moment has nobody left to hear of it.
  handler.promise.catch(() => undefined)
  const listener: Listener = await transport.listen(address, async (frame, context) =>
    (await handler.promise)(frame, context),
  )
  const close = (): Promise<void> => {
    handler.reject(new Error('the node stopped before it was ready'))
    return listener.close()
  }
  return {
    address: listener.address,
    transport: {
      connect: (to, options) => transport.connect(to, options),
      listen: (_address, handle) => {
        handler.resolve(handle)
        return Promise.resolve(listener)
      },
    },
    close,
  }
}
