import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '..')
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/**/*.md',
  'packages/*/README.md',
  'examples/*/README.md',
]
  .flatMap((pattern) => globSync(pattern, { cwd: root, exclude: (name) => name === 'node_modules' }))
  .toSorted()

/** The complete TypeScript programs in a Markdown file. */
function programs(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '')
}

/** Runs a program as if it stood in `directory`. */
function run(program: string, directory: string): Promise<{ failed: boolean; output: string }> {
  return new Promise((resolve) => {
    const options = { cwd: directory, timeout: 30_000 }
    const child = execFile(
      process.execPath,
      ['--input-type=module-typescript'],
      options,
      (error, stdout, stderr) => resolve({ failed: error !== null, output: stdout + stderr }),
    )
    child.stdin?.end(program)
  })
}

for (const document of documents) {
  const markdown = readFileSync(join(root, document), 'utf8')

  t.test(`${document}: every example runs as it stands`, async (t) => {
    // A package's examples run beside its package.json; the others beside the program that depends on every package.
    const inPackage = document.startsWith('packages/') || document.startsWith('examples/')
    const directory = join(root, inPackage ? dirname(document) : 'packages/server')
    for (const program of programs(markdown)) {
      const { failed, output } = await run(program, directory)
      t.notOk(failed, output)
    }
  })

  t.test(`${document}: every link to a file leads somewhere`, async (t) => {
    const links = [...markdown.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '')
    for (const link of links) {
      const target = join(dirname(join(root, document)), link)
      t.ok(globSync(target).length > 0, relative(root, target))
    }
  })
}
