import { closest, distance } from 'fastest-levenshtein'

/**
 * The one of `known` that was probably meant by `given`: at most a third of its letters differ. `undefined` when none
 * is that near, so that an error suggests nothing rather than nonsense.
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined
  const lowerCased = known.map((name) => name.toLowerCase())
  const nearest = closest(given.toLowerCase(), lowerCased)
  const tolerated = Math.max(1, Math.floor(Math.max(given.length, nearest.length) / 3))
  if (distance(given.toLowerCase(), nearest) > tolerated) return undefined
  return known[lowerCased.indexOf(nearest)]
}
