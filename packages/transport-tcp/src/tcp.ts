import { parseOptions, TransportError } from '@quorate/transport'
import type { Transport } from '@quorate/transport'
import { parseAddress } from './address.ts'
import { openConnection } from './client-connection.ts'
import { openListener } from './listener.ts'
import { tcpOptions } from './options.ts'
import type { TcpOptions } from './options.ts'

/**
 * The transport over TCP. Addresses are `host:port`, with IPv6 in brackets; port 0 listens on a free one.
 *
 * @throws TypeError for options that are wrong
 */
export function tcp(options: TcpOptions = {}): Transport {
  const resolved = parseOptions('tcp', tcpOptions, options)
  return {
    async listen(address, handler) {
      return openListener(address, handler, resolved)
    },
    async connect(address, { signal } = {}) {
      const { host, port } = parseAddress(address)
      if (port === 0)
        throw new TransportError('TRANSPORT_ADDRESS_INVALID', `nobody listens at port 0: "${address}"`)
      signal?.throwIfAborted()
      return openConnection({ host, port }, address, resolved, signal)
    },
  }
}
