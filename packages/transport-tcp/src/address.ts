import { TransportError } from '@quorate/transport'
import type { Address } from '@quorate/transport'

/** The two parts of a TCP address. */
export interface HostAndPort {
  /** A name or an IP address, without brackets. */
  readonly host: string
  readonly port: number
}

/** Reads `host:port`; an IPv6 address is in brackets. @throws TRANSPORT_ADDRESS_INVALID */
export function parseAddress(address: Address): HostAndPort {
  const match = /^(?:\[(?<ipv6>[0-9a-fA-F:.%\w]+)\]|(?<host>[^:[\]\s]+)):(?<port>\d{1,5})$/.exec(address)
  const host = match?.groups?.['ipv6'] ?? match?.groups?.['host']
  const port = Number(match?.groups?.['port'])
  if (host === undefined || port > 65_535) {
    throw new TransportError(
      'TRANSPORT_ADDRESS_INVALID',
      `"${address}" is not host:port with a port of at most 65535, IPv6 in brackets`,
    )
  }
  return { host, port }
}

/** Writes what {@link parseAddress} reads. */
export function formatAddress({ host, port }: HostAndPort): Address {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
