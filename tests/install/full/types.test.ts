// The published types, with every supported TypeScript and every way to resolve packages.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewProject } from '../new-project.ts'
import { newSharedProject } from '../new-project.ts'
import { resolutions, typeErrors, writeTypedUse } from '../type-check.ts'

/** The latest patch of each version since 5.6. */
const compilers = ['5.6.3', '5.7.3', '5.8.3', '5.9.3', '6.0.3', '7.0.2']
const packages = ['protocol', 'client', 'element', 'guard', 'server'].map(
  (name) => `@buddy-chat/${name}`,
)

let project: NewProject

beforeAll(async () => {
  project = await newSharedProject()
  await project.write('package.json', '{ "private": true, "type": "module" }')
  await writeTypedUse(project)
  const aliases = compilers.map((version) => `typescript-${version}@npm:typescript@${version}`)
  const { code, output } = await project.run(
    'npm',
    'install',
    ...packages,
    '@types/node@22',
    ...aliases,
  )
  expect(code, output).toBe(0)
}, 120_000)

afterAll(() => project.remove())

describe.for(compilers)('TypeScript %s accepts the types', (version) => {
  const compiler = `node_modules/typescript-${version}/bin/tsc`

  test.for(resolutions)('for a page, by the resolution %s', async (resolution) => {
    expect(await typeErrors(project, compiler, 'page', resolution)).toBe('')
  })

  test.for(resolutions)('for a Node program, by the resolution %s', async (resolution) => {
    expect(await typeErrors(project, compiler, 'program', resolution)).toBe('')
  })
})
