// A copy of the workspace, whose sources a test may break and whose builds it may kill.
import { createHash } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const root = join(import.meta.dirname, '../..')

/**
 * Copies the packages, as they are built, the examples and the scripts. Dependencies are linked. The copy disappears
 * when the test ends.
 * @returns the folder of the copy
 */
export function copyWorkspace(): string {
  const copy = mkdtempSync(join(tmpdir(), 'buddy-workspace-'))
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  for (const name of readdirSync(root)) {
    const isNeeded =
      ['examples', 'packages', 'scripts'].includes(name) || /\.(json|yaml)$/.test(name)
    if (!isNeeded) continue
    cpSync(join(root, name), join(copy, name), { recursive: true, verbatimSymlinks: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** Returns a hash of each file below the folders `dist` of the packages, by path. */
export function hashBuiltFiles(workspace: string): Readonly<Record<string, string>> {
  const entries = readdirSync(join(workspace, 'packages'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => /^[^/\\]+[/\\]dist[/\\]/.test(relativeTo(workspace, path)))
    .map((path): [string, string] => [
      relativeTo(workspace, path),
      createHash('sha256').update(readFileSync(path)).digest('hex'),
    ])
  return Object.fromEntries(entries)
}

const relativeTo = (workspace: string, path: string): string =>
  path.slice(join(workspace, 'packages').length + 1)
