/** Opens the log or the set of logs in a directory, in a process that has done nothing else, and says what it took. */
import { openLog, openLogSet } from '@quorate/log'

const [kind, path] = process.argv.slice(2)
if (path === undefined) throw new Error('usage: open-child.ts log|set PATH')

const start = performance.now()
const opened = kind === 'set' ? await openLogSet({ path }) : await openLog({ path })
if ('names' in opened) {
  const names = await opened.names()
  await Promise.all(names.map((name) => opened.open(name)))
}
const milliseconds = performance.now() - start
const megabytes = process.memoryUsage().rss / 1e6
await opened.close()
process.stdout.write(JSON.stringify({ milliseconds, megabytes }))
