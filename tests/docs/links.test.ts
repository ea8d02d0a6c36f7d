// Links among the pages, and from pages to files of the repository.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => join(folder, name))

/** Returns the anchor that GitHub generates for a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')

const anchorsIn = (path: string): string[] =>
  [...readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!))

test.for(['README.md', 'CONTRIBUTING.md', ...markdownIn('docs'), ...markdownIn('examples')])(
  '%s has no broken link',
  (name) => {
    const content = readFileSync(join(root, name), 'utf8')
    for (const [, target = '', anchor] of content.matchAll(
      /\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g,
    )) {
      const path = target === '' ? join(root, name) : join(root, name, '..', target)
      expect(existsSync(path), target).toBe(true)
      if (anchor && path.endsWith('.md')) expect(anchorsIn(path), target).toContain(anchor)
    }
  },
)
