import t from 'tap'
import { formatAddress, parseAddress } from '../src/address.ts'

t.test('host:port is read, with IPv6 in brackets, and written the same way', async (t) => {
  for (const [address, host, port] of [
    ['localhost:9092', 'localhost', 9_092],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['[::1]:65535', '::1', 65_535],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
  ] as const) {
    t.strictSame({ ...parseAddress(address) }, { host, port })
    t.equal(formatAddress({ host, port }), address)
  }
})

t.test('what is not an address is refused with what an address looks like', async (t) => {
  for (const address of [
    '',
    'localhost',
    ':9092',
    'localhost:',
    'localhost:65536',
    '::1:9092',
    '[::1]',
    'a b:1',
    'a:-1',
  ]) {
    t.throws(
      () => parseAddress(address),
      { code: 'TRANSPORT_ADDRESS_INVALID', message: /host:port/ },
      address,
    )
  }
})
