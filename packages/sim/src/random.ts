import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** The one source of chance in a run. The same seed gives the same numbers, for ever. */
export interface SeededRandom {
  /** Uniform in [0, 1). */
  (): number
  /** Uniform in [from, to). */
  between(from: number, to: number): number
  /** A whole number in [0, limit). */
  upTo(limit: number): number
  /** True with probability `share`. */
  chance(share: number): boolean
  /** One of `items`, which must not be empty. */
  pick<Item>(items: readonly Item[]): Item
  /** `items` in random order. */
  shuffled<Item>(items: readonly Item[]): Item[]
}

/** Makes a generator. Every part of a simulation that may be changed alone gets one of its own. */
export function seededRandom(seed: number): SeededRandom {
  const generator = xoroshiro128plus(seed)
  // Neighbouring seeds begin alike; some numbers later they have nothing in common.
  for (let skipped = 0; skipped < 32; skipped += 1) generator.next()
  const next = (): number => (generator.next() >>> 0) / 2 ** 32
  const between = (from: number, to: number): number => from + next() * (to - from)
  const upTo = (limit: number): number => Math.floor(next() * limit)
  return Object.assign(next, {
    between,
    upTo,
    chance: (share: number): boolean => next() < share,
    pick: <Item>(items: readonly Item[]): Item => {
      if (items.length === 0) throw new RangeError('there is nothing to pick from')
      return items[upTo(items.length)] as Item
    },
    shuffled: <Item>(items: readonly Item[]): Item[] =>
      items
        .map((item) => ({ item, rank: next() }))
        .toSorted((a, b) => a.rank - b.rank)
        .map(({ item }) => item),
  })
}
