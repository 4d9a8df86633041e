import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const example = fileURLToPath(new URL('../index.ts', import.meta.url))

t.test('six nodes in one process agree on 60 topics', async (t) => {
  // Without the modules that tap puts into every node process.
  const { stdout } = await promisify(execFile)('env', ['-u', 'NODE_OPTIONS', process.execPath, example])
  t.equal([...stdout.matchAll(/^node \d +[0-9a-f]{64}$/gm)].length, 6)
  t.match(stdout, /^six nodes agree on 60 topics$/m)
  t.match(stdout, /^\d+ ms since the process started$/m)
})
