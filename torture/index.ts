/** `pnpm torture log` and `pnpm torture quorum`: breaks what runs under a package and counts what was lost. docs/testing.md describes both. */
const target = process.argv[2]
if (target === 'log') await import('./log/command.ts')
else if (target === 'quorum') await import('./quorum/command.ts')
else {
  process.stderr.write('what to torture? There is: log, quorum\n')
  process.exitCode = 1
}
