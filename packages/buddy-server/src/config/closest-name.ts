import { distance } from 'fastest-levenshtein'

/**
 * Returns the known name that is most similar to `name`, for "did you mean …?". Undefined if every known name
 * differs from it by more than `maxEdits` edits, or by more than a quarter of its letters.
 */
export function closestName(
  name: string,
  known: readonly string[],
  maxEdits = 3,
): string | undefined {
  const close = known
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .filter(({ candidate, edits }) => edits <= Math.min(maxEdits, candidate.length / 4))
  return close.sort((one, other) => one.edits - other.edits)[0]?.candidate
}
