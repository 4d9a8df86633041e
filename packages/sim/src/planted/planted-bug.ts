/** One edit of a file of the raft package. */
export interface Edit {
  /** The file, from the package's `src/` on. */
  readonly file: string
  /** Text that occurs in the file exactly once. */
  readonly find: string
  readonly replace: string
}

/** A mistake that someone could make in the protocol, as edits of its source. */
export interface PlantedBug {
  readonly name: string
  readonly edits: readonly Edit[]
}
