import { distance } from 'fastest-levenshtein'

/** The known name that `name` was probably meant to be. */
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
