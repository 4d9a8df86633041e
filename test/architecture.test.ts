import { globSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '..')

/**
 * Which package may import which: the arrows of docs/architecture.md. Nothing imports anything above it.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  log: [],
  transport: [],
  'transport-memory': ['transport'],
  'transport-tcp': ['transport'],
  raft: ['log', 'transport'],
  store: ['raft', 'log', 'transport'],
  controller: ['store', 'raft', 'log', 'transport'],
  broker: ['controller', 'store', 'raft', 'log', 'transport'],
  server: ['broker', 'controller', 'store', 'raft', 'log', 'transport', 'transport-tcp'],
  sim: ['raft', 'log', 'transport'],
}

/** Libraries beside Node.js itself that the lower packages may use. The server is a program and may use more. */
const libraries: Readonly<Record<string, readonly string[]>> = {
  log: ['@node-rs/crc32', 'abstract-level', 'fs-native-extensions', 'level', 'zod'],
  transport: ['msgpackr', 'zod'],
  'transport-memory': ['zod'],
  'transport-tcp': ['zod'],
  raft: ['zod'],
  store: ['msgpackr', 'zod'],
  controller: ['immutable', 'msgpackr', 'zod'],
  broker: ['immutable', 'zod'],
  sim: ['commander', 'pure-rand'],
}

function sources(pattern: string): string[] {
  return globSync(pattern, { cwd: root }).map((file) => file.split(sep).join('/'))
}

/** Every module a file imports or re-exports from, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const statements = text.matchAll(
    /^(?:import|export)\b[^'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gms,
  )
  return [...statements].map((match) => match[1] ?? match[2] ?? match[3] ?? '')
}

const packages = sources('packages/*/package.json').map((file) => file.split('/')[1] ?? '')

t.test('every package has its place in the house', async (t) => {
  t.same(packages.toSorted(), Object.keys(arrows).toSorted())
})

/** Every import in the sources of a package, with the file it stands in. */
function importsOfPackage(name: string): { file: string; specifier: string }[] {
  return sources(`packages/${name}/src/**/*.ts`).flatMap((file) =>
    importsOf(file).map((specifier) => ({ file, specifier })),
  )
}

for (const name of packages) {
  t.test(`${name} imports only what is below it`, async (t) => {
    const allowed = new Set([...(arrows[name] ?? []), name].map((other) => `@quorate/${other}`))
    const upward = importsOfPackage(name).filter(
      ({ specifier }) =>
        specifier.startsWith('@quorate/') && !allowed.has(specifier.split('/').slice(0, 2).join('/')),
    )
    t.same(upward, [])
  })

  t.test(`${name} reaches no other package by a path`, async (t) => {
    const escapes = importsOfPackage(name).filter(({ file, specifier }) => {
      const target = relative(join(root, 'packages', name), join(root, file, '..', specifier))
      return specifier.startsWith('.') && target.startsWith('..')
    })
    t.same(escapes, [])
  })

  t.test(`${name} depends on nothing it may not import`, async (t) => {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as {
      dependencies?: Record<string, string>
    }
    const tooMuch = Object.keys(manifest.dependencies ?? {}).filter((dependency) =>
      dependency.startsWith('@quorate/')
        ? !arrows[name]?.includes(dependency.replace('@quorate/', ''))
        : name !== 'server' && !libraries[name]?.includes(dependency),
    )
    t.same(tooMuch, [])
  })
}

t.test('the consensus core does no I/O: it imports nothing but itself, plain data and types', async (t) => {
  const ioImports = sources('packages/raft/src/core/*.ts').flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return importsOf(file)
      .filter((specifier) => /^(node:|@quorate\/transport$|\.\.\/(node|rpc)\/)/.test(specifier))
      .filter((specifier) => !new RegExp(`import type [^;]*?from '${specifier}'`, 's').test(text))
      .map((specifier) => ({ file, specifier }))
  })
  t.same(ioImports, [])
})

t.test('only the rpc folder of the raft package knows the RPC layer', async (t) => {
  const files = sources('packages/raft/src/{core,node}/*.ts').filter((file) =>
    /\b(rpcClient|serveRpc|defineApi|HandledApi)\b/.test(readFileSync(join(root, file), 'utf8')),
  )
  t.same(files, [])
})

t.test('time and randomness come in through ports', async (t) => {
  const forbidden = /\b(Date\.now|Math\.random|setTimeout|setInterval|performance\.now|randomUUID)\s*\(/
  // Two adapters hold the machine's own time, one for the log alone; the server is where the ports are filled with it.
  const adapters = new Set(['packages/log/src/clock.ts', 'packages/transport/src/clock.ts'])
  const offenders = sources('packages/*/src/**/*.ts')
    .filter((file) => !file.startsWith('packages/server/') && !adapters.has(file))
    .filter((file) => {
      const code = readFileSync(join(root, file), 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '')
      return forbidden.test(code)
    })
  t.same(offenders, [])
})
