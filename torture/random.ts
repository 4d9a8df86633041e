import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Choices that a seed repeats. */
export interface Random {
  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number
  /** True in `percent` of a hundred calls. */
  chance(percent: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** A seed for choices of their own, which then do not shift when these here change. */
  seed(): number
}

/** The same choices for the same `seed`. */
export function seededRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  const between = (least: number, most: number): number => uniformInt(generator, least, most)
  return {
    between,
    chance: (percent) => between(1, 100) <= percent,
    pick: (items) => items[between(0, items.length - 1)]!,
    seed: () => between(0, 2 ** 31 - 1),
  }
}
