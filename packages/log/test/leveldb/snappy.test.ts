import t from 'tap'
import { uncompressSnappy } from '../../src/leveldb/snappy.ts'

function uncompress(hex: string): string {
  return Buffer.from(uncompressSnappy(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toString()
}

t.test('literals and copies of every kind become what they stand for', async (t) => {
  t.equal(uncompress('00'), '')
  t.equal(uncompress('03 08 616263'), 'abc')
  t.equal(uncompress('07 08 616263 01 03'), 'abcabca', 'a copy of one byte of distance overlaps itself')
  t.equal(uncompress('06 08 616263 0a 0300'), 'abcabc', 'two bytes of distance')
  t.equal(uncompress('06 08 616263 0b 03000000'), 'abcabc', 'four bytes of distance')
  t.equal(uncompress(`64 f0 63 ${'61'.repeat(100)}`), 'a'.repeat(100), 'a literal with one byte of length')
  t.equal(
    uncompress(`c801 f4 c700 ${'61'.repeat(200)}`),
    'a'.repeat(200),
    'a literal with two bytes of length',
  )
})

t.test('bytes that make no sense are refused', async (t) => {
  const wrong: [string, string][] = [
    ['04 08 616263', 'shorter than it claims'],
    ['02 08 616263', 'longer than it claims'],
    ['07 08 616263 01 04', 'a copy from before the beginning'],
    ['07 08 616263 01 00', 'a copy from no distance'],
    ['05 08 616263 01 03', 'a copy beyond the end'],
    ['03 08 6162', 'cut short'],
    ['ffffffffff7f 00', 'larger than any block'],
    ['ff', 'a length that does not end'],
  ]
  for (const [hex, what] of wrong) t.throws(() => uncompress(hex), RangeError, what)
})
