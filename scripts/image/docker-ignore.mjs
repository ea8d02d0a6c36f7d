import { basename } from 'node:path'

/**
 * Returns a function that says whether a path of the build context is left out.
 * @throws Error if .dockerignore has a pattern other than `name` and `**\/name`
 */
export function ignoredBy(text) {
  const patterns = text.split('\n').filter((line) => line && !line.startsWith('#'))
  for (const pattern of patterns) {
    if (!/^(\*\*\/)?[\w.-]+$/.test(pattern)) {
      throw new Error(`The check does not know the pattern ${pattern} of .dockerignore.`)
    }
  }
  return (path) =>
    patterns.some((pattern) =>
      pattern.startsWith('**/') ? basename(path) === pattern.slice(3) : path === pattern,
    )
}
