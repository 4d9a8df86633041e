import type { Address } from '@quorate/transport'

/** A TCP address in its two parts; the host of an IPv6 address comes without brackets. */
export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** Takes `host:port` apart. The text must have been checked before. */
export function splitAddress(address: Address): HostAndPort {
  const at = address.lastIndexOf(':')
  const host = address.slice(0, at)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(at + 1)) }
}

/** `host:port`, with brackets around an IPv6 host. */
export function joinAddress({ host, port }: HostAndPort): Address {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  return bare.includes(':') ? `[${bare}]:${port}` : `${bare}:${port}`
}
