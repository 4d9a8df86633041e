/** Closes what was opened, the newest first, and each once. */
export interface Closers {
  /** Remembers `resource` to be closed, and gives it back. */
  add<Resource extends { close(): Promise<void> }>(resource: Resource): Resource
  /** Closes everything. A failure does not stop the rest. @throws the first failure, after the rest was closed */
  closeAll(): Promise<void>
}

/** An empty {@link Closers}. */
export function closers(): Closers {
  const opened: { close(): Promise<void> }[] = []
  return {
    add(resource) {
      opened.push(resource)
      return resource
    },
    async closeAll() {
      const failures: unknown[] = []
      for (const resource of opened.splice(0).toReversed()) {
        await resource.close().catch((error: unknown) => failures.push(error))
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}
