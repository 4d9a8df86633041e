import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { play } from './transcripts/script.ts'

const folder = join(import.meta.dirname, 'transcripts')

for (const file of globSync('*.txt', { cwd: folder }).toSorted()) {
  const path = join(folder, file)
  t.test(`${basename(file, '.txt')}: the protocol goes as it is written down`, async (t) => {
    const written = readFileSync(path, 'utf8')
    const played = play(written)
    if (process.env['REWRITE'] === '1') writeFileSync(path, played)
    else t.equal(played, written, `REWRITE=1 writes down how it goes now: ${path}`)
  })
}

t.test('a script that cannot be played is refused', async (t) => {
  t.throws(() => play('> dance 1'), /not understood/)
  t.throws(() => play('> cluster 3\n> dance 1'), /not understood/)
  t.throws(() => play('> cluster three'), /a number is wanted/)
  t.throws(() => play('> cluster 3 horses 4'), /has no horses/)
  t.throws(() => play('> cluster 3\n> crash 9'), /no node 9/)
})
