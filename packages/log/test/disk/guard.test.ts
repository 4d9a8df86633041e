import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { createLog, openLog } from '../../src/index.ts'
import { guardDirectory } from '../../src/disk/guard.ts'

const index = new URL('../../src/index.ts', import.meta.url).href

/** Opens the log in `path` and says 'opened', or the code of its error; then holds it until it is ended. */
function program(path: string, say: string): string {
  return `
    const { openLog } = await import(${JSON.stringify(index)})
    try {
      globalThis.log = await openLog({ path: ${JSON.stringify(path)} })
      ${say}('opened')
    } catch (error) {
      ${say}(error.code)
    }
    setInterval(() => {}, 1_000)`
}

t.test('a log that is open in another thread of the process is locked', async (t) => {
  const path = t.testdir()
  await createLog({ path })
  const log = await openLog({ path })
  const worker = new Worker(
    new URL(
      `data:text/javascript,${encodeURIComponent(
        `import { parentPort } from 'node:worker_threads'\n${program(path, 'parentPort.postMessage')}`,
      )}`,
    ),
  )
  t.strictSame(await once(worker, 'message'), ['LOG_LOCKED'])
  await worker.terminate()
  await log.append([{ payload: Buffer.from('still mine') }])
  await log.close()
})

t.test('a process that was killed blocks nobody, and one that lives is named', async (t) => {
  const path = t.testdir({ 'child.mjs': '' })
  await createLog({ path: `${path}/log` })
  const child = fork('-', [], {
    execArgv: ['--input-type=module', '--eval', program(`${path}/log`, 'process.send')],
  })
  t.strictSame((await once(child, 'message'))[0], 'opened')
  await t.rejects(openLog({ path: `${path}/log` }), { code: 'LOG_LOCKED', details: { holder: child.pid } })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await (await openLog({ path: `${path}/log` })).close()
})

t.test('reading the guard file, or failing to get it, does not let go of it', async (t) => {
  const path = `${t.testdir()}/guard`
  const guard = await guardDirectory(path)
  t.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
  for (let attempt = 0; attempt < 3; attempt += 1)
    await t.rejects(guardDirectory(path), { code: 'LOG_LOCKED', details: { holder: process.pid } })
  await Promise.all([guard.release(), guard.release()])
  await (await guardDirectory(path)).release()
})
