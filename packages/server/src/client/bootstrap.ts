import type { Address } from '@quorate/transport'
import { address } from '../config/schema.ts'
import { ServerError } from '../errors.ts'

/**
 * The addresses in a `host:port,host:port` list.
 *
 * @throws BOOTSTRAP_INVALID
 */
export function parseBootstrap(list: string): readonly Address[] {
  const addresses = list.split(',').map((part) => part.trim())
  const wrong = addresses.find((part) => !address.safeParse(part).success)
  if (wrong === undefined) return addresses
  throw new ServerError(
    'BOOTSTRAP_INVALID',
    `"${wrong}" is not an address`,
    'Give --bootstrap host:port, several separated by commas',
  )
}
