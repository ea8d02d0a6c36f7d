import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const folders = ['element', 'client', 'server', 'protocol'].map((name) => `packages/buddy-${name}`)

/** Returns the section of a changelog for a version, as items by heading. Undefined if there is none. */
function sectionOf(changelog, version) {
  const sections = changelog.split(/^## /m)
  const section = sections.find((text) => text.startsWith(`${version}\n`))
  if (section === undefined) return undefined
  const groups = section
    .split(/^### /m)
    .slice(1)
    .map((group) => {
      const [heading, ...lines] = group.trim().split('\n')
      const items = lines.join('\n').split(/^- /m).slice(1)
      return [heading, items.map((item) => item.trim())]
    })
  return new Map(groups)
}

/**
 * Returns the notes of a version: the items of the changelogs of all packages, each once.
 * @throws Error if a changelog has no section for the version
 */
export function releaseNotes(version) {
  const notes = new Map()
  for (const folder of folders) {
    const file = join(root, folder, 'CHANGELOG.md')
    const section = existsSync(file) && sectionOf(readFileSync(file, 'utf8'), version)
    if (!section) throw new Error(`${folder}/CHANGELOG.md has no section ${version}`)
    for (const [heading, items] of section) {
      notes.set(heading, new Set([...(notes.get(heading) ?? []), ...items]))
    }
  }
  return [...notes]
    .map(
      ([heading, items]) => `## ${heading}\n\n${[...items].map((item) => `- ${item}\n`).join('')}`,
    )
    .join('\n')
}
