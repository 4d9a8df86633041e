import type { z } from 'zod'

/** One type of record: a number that is never reused, and schemas that only grow, version 0 first. */
export interface RecordType {
  readonly id: number
  readonly versions: readonly [z.ZodObject, ...z.ZodObject[]]
}

/** Record types by name. */
export type RecordTypes = Readonly<Record<string, RecordType>>

type Latest<Versions extends readonly unknown[]> = Versions extends readonly [...unknown[], infer Last]
  ? Last
  : never

/** A record as `fold` sees it: the fields of its type's newest version, and `type`, its name. */
export type RecordOf<Types extends RecordTypes> = {
  [Name in keyof Types & string]: { readonly type: Name } & Readonly<
    z.output<
      Latest<Types[Name]['versions']> extends z.ZodObject
        ? Latest<Types[Name]['versions']>
        : Types[Name]['versions'][0]
    >
  >
}[keyof Types & string]

/** Where in the log a record stands, for folds that derive identities from it (Kafka's broker epoch is an offset). */
export interface RecordPosition {
  readonly offset: number
  readonly epoch: number
  readonly timestampMs: number
}

/**
 * Everything the store must know about your data.
 *
 * `fold` is the only thing that ever changes an image, on every node, from the same records in the same order. It is
 * pure, and it throws only if a record contradicts the image: that is a broken invariant and stops the node.
 */
export interface StoreDefinition<Types extends RecordTypes, Image> {
  readonly records: Types
  /** The image before the first record. */
  empty(): Image
  /** A new image; the old one stays as it is. */
  fold(image: Image, record: RecordOf<Types>, position: RecordPosition): Image
  /** Records that rebuild `image` from the empty one, in an order `fold` accepts. */
  snapshot(image: Image): Iterable<RecordOf<Types>>
}

/** Declares a store, so that the compiler infers its record types. */
export function defineStore<const Types extends RecordTypes, Image>(
  definition: StoreDefinition<Types, Image>,
): StoreDefinition<Types, Image> {
  return definition
}
