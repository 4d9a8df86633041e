import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const source = fileURLToPath(new URL('sync-recorder.c', import.meta.url))

/** Where the recorder is to write. */
export interface Recording {
  /** Folder to watch. */
  readonly under: string
  readonly journal: string
  /** Folder for what is removed, on the same file system. */
  readonly graves: string
}

/**
 * Compiles the recorder into `directory`.
 *
 * @returns the library, to be preloaded
 * @throws if there is no C compiler, or no way to preload a library
 */
export async function compileRecorder(directory: string): Promise<string> {
  if (process.platform !== 'linux')
    throw new Error(
      'the power-cut campaign preloads a library into the process that writes: it runs on Linux only',
    )
  const library = join(directory, 'sync-recorder.so')
  const compiler = process.env['CC'] ?? 'cc'
  try {
    await promisify(execFile)(compiler, [
      '-O2',
      '-shared',
      '-fPIC',
      '-o',
      library,
      source,
      '-ldl',
      '-lpthread',
    ])
  } catch (cause) {
    throw new Error(
      `the power-cut campaign needs a C compiler, and '${compiler}' failed: install gcc or clang, or set CC`,
      { cause },
    )
  }
  return library
}

/** Environment of a process that is recorded. */
export function recorded(library: string, { under, journal, graves }: Recording): Record<string, string> {
  return {
    LD_PRELOAD: library,
    QUORATE_RECORD_UNDER: under,
    QUORATE_RECORD_JOURNAL: journal,
    QUORATE_RECORD_GRAVES: graves,
    // Syncs that go through a ring never pass the library.
    UV_USE_IO_URING: '0',
  }
}
