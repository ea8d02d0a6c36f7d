// What a new user does with the published packages: installs them, checks types, builds a page with Vite,
// starts the server, and meets another user.
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { test } from '../e2e/fixtures.ts'
import type { Visitor } from '../e2e/visitor.ts'
import { meet } from '../e2e/visitor.ts'
import { freePort } from '../server-process.ts'
import { complaints } from './complaints.ts'
import { isFullRun } from './full-run.ts'
import type { NewProject } from './new-project.ts'
import { newSharedProject } from './new-project.ts'
import { installTool } from './tools.ts'
import { typeErrors, writeTypedUse } from './type-check.ts'

const ownPackages = ['protocol', 'client', 'element', 'guard', 'server'].map(
  (name) => `@buddy-chat/${name}`,
)
const { devDependencies } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
) as { readonly devDependencies: { readonly vite: string } }
/** With the oldest TypeScript that the types support. */
const tools = [`vite@${devDependencies.vite}`, 'typescript@5.6.3', '@types/node@22']
/** The TypeScript of this repository, which is the latest. */
const latestCompiler = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc')

const managers: readonly (readonly [
  name: string,
  tool: string | undefined,
  add: readonly string[],
])[] = [
  ['the npm of this machine', undefined, ['npm', 'install']],
  ...(isFullRun ? [['pnpm 12', 'pnpm@12.21.0', ['pnpm', 'add']] as const] : []),
]

describe.for(managers)('with %s', ([, tool, [command, ...add]]) => {
  let project: NewProject

  beforeAll(async () => {
    project = await newSharedProject(...(tool ? [join(await installTool(tool), '.bin')] : []))
    await project.write('package.json', '{ "private": true, "type": "module" }')
    await project.write('.npmrc', `registry=${project.registry.url}\n`)
    await project.copy('new-user-app', 'app')
    await writeTypedUse(project)
    const installed = await project.run(command!, ...add, ...ownPackages, ...tools)
    expect([installed.code, complaints(installed.output)], installed.output).toEqual([0, []])
  }, 120_000)

  afterAll(() => project.remove())

  test.skipIf(tool)('no package that was installed has an install script', async () => {
    const lockfile = await readFile(join(project.folder, 'node_modules/.package-lock.json'), 'utf8')
    const { packages } = JSON.parse(lockfile) as {
      readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>
    }
    const paths = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript)
    // Vite needs fsevents on macOS.
    expect(paths.filter((path) => path !== 'node_modules/fsevents')).toEqual([])
  })

  test.for([
    ['node_modules/typescript/bin/tsc', 'page', 'bundler'],
    [latestCompiler, 'page', 'node16'],
    [latestCompiler, 'program', 'nodenext'],
  ] as const)(
    '%s accepts the types of a %s by the resolution %s',
    async ([compiler, part, resolution]) => {
      expect(await typeErrors(project, compiler, part, resolution)).toBe('')
    },
  )

  test('the packages for browsers can be imported in Node, for rendering on a server', async () => {
    const script = `
      const { BuddyChat } = await import('@buddy-chat/element')
      const { BuddyClient } = await import('@buddy-chat/client')
      const { createNsfwGuard } = await import('@buddy-chat/guard')
      console.log(BuddyChat.name, new BuddyClient().state, createNsfwGuard.name)`
    const { code, output } = await project.run('node', '--input-type=module', '--eval', script)
    expect([code, output]).toEqual([0, 'BuddyChat idle createNsfwGuard\n'])
  })

  test('two users meet on a page that Vite has built, with the guard, through the server that was installed', async ({
    visit,
    visitWithFirefox,
  }) => {
    const vite = 'node_modules/.bin/vite'
    const built = await project.run(vite, 'build', 'app')
    expect([built.code, built.output]).toEqual([0, expect.not.stringMatching(/warn/i)])
    const pagePort = String(await freePort())
    const page = project.start(
      {},
      vite,
      'preview',
      'app',
      '--host=127.0.0.1',
      '--strictPort',
      '--port',
      pagePort,
    )
    const server = project.start(
      {
        PORT: '0',
        SECRET_KEY: 'q8Zr3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Ga',
        ALLOWED_ORIGINS: `http://127.0.0.1:${pagePort}`,
        ICE_SERVERS: '',
      },
      'node_modules/.bin/buddy-server',
    )
    const [, serverUrl] = await server.matches(/"url":"([^"]+)"/)
    await page.matches(/http:\/\/127\.0\.0\.1/)
    const url = `http://127.0.0.1:${pagePort}/?server=${serverUrl}`
    const [ana, bob]: Visitor[] = await Promise.all([visit(url), visitWithFirefox(url)])
    await meet(ana!, bob!)
    await Promise.all([ana!.waitForMedia(), bob!.waitForMedia()])
    await Promise.all(
      [ana!, bob!].map(({ page: tab }) => tab.waitForSelector('html[data-verdict="ok"]')),
    )
    expect([ana!.errors, bob!.errors]).toEqual([[], []])
  })
})
