// The example apps of Vite, taken out of this repository: with the published packages they are installed, pass
// their type check, and are built.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { complaints } from '../complaints.ts'
import { newProject } from '../new-project.ts'

const examples = join(import.meta.dirname, '../../../examples')
const apps = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'index.html')))
const manifestOf = (name: string): string =>
  readFileSync(join(examples, name, 'package.json'), 'utf8')
const viteApps = apps.filter((name) => manifestOf(name).includes('"vite"'))

test.for(viteApps)(
  'examples/%s is installed, type-checked and built outside this repository',
  async (name) => {
    const { copy, write, run } = await newProject()
    await copy(`../../examples/${name}`, '.')
    await write('package.json', manifestOf(name).replaceAll('workspace:*', '*'))
    const installed = await run('npm', 'install')
    expect([installed.code, complaints(installed.output)], installed.output).toEqual([0, []])
    const built = await run('npm', 'run', 'build')
    expect(built.code, built.output).toBe(0)
    expect(built.output).toContain('dist/index.html')
  },
)

test('there is an example app', () => {
  expect(viteApps).toContain('headless')
})
