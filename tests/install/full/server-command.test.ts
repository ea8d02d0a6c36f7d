// The command of an installed server, as each package manager links it, on a Node for which uWebSockets.js has no
// binary.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { RawClient } from '../../integration/raw-client.ts'
import { newProject } from '../new-project.ts'
import { installNode, installTool } from '../tools.ts'

const yarnSettings = (linker: string): string =>
  `npmRegistryServer: $registry\nunsafeHttpWhitelist: ['127.0.0.1']\nnodeLinker: ${linker}\n`

test.skipIf(process.platform === 'win32').for([
  ['npm', 'npm@12.2.2', 'npm install', 'npx', '.npmrc', 'registry=$registry\n'],
  ['pnpm 9', 'pnpm@9.15.9', 'pnpm add', 'pnpm exec', '.npmrc', 'registry=$registry\n'],
  ['pnpm 12', 'pnpm@12.21.0', 'pnpm add', 'pnpm exec', '.npmrc', 'registry=$registry\n'],
  [
    'yarn 4',
    '@yarnpkg/cli-dist@4.18.1',
    'yarn add',
    'yarn',
    '.yarnrc.yml',
    yarnSettings('node-modules'),
  ],
  [
    "yarn 4 with Plug'n'Play",
    '@yarnpkg/cli-dist@4.18.1',
    'yarn add',
    'yarn',
    '.yarnrc.yml',
    yarnSettings('pnp'),
  ],
] as const)(
  '%s starts the server on Node 24, and ending it ends the server (skipped on Windows: no signals)',
  async ([, tool, add, exec, settingsFile, settings]) => {
    const path = [join(await installTool(tool), '.bin'), await installNode('24.22.3')]
    const { registry, write, run, start } = await newProject(...path)
    await write('package.json', '{ "name": "new-app", "private": true }')
    await write(settingsFile, settings.replace('$registry', registry.url))
    const [manager, ...addArgs] = add.split(' ')
    const installed = await run(manager!, ...addArgs, '@buddy-chat/server')
    expect(installed.code, installed.output).toBe(0)

    const [program, ...execArgs] = exec.split(' ')
    const command = [...execArgs, 'buddy-server'] as const
    const checked = await run(program!, ...command, 'check-config', '--dev', '--port=0')
    expect(checked).toMatchObject({ code: 0, stdout: 'The configuration is valid.\n' })

    const flags = ['--dev', '--port=0', '--ice-servers=', '--log-format=json']
    const running = start({}, program!, ...command, ...flags)
    const [, url = ''] = await running.matches(/"url":"([^"]+)"/)
    const client = await RawClient.join(url, 'Ana')
    running.child.kill('SIGTERM')
    await client.receive('going-away')
    // Also waits until the server has closed its output.
    await running.exited
    expect(running.output()).toContain('"msg":"stopped"')
  },
)

test.skipIf(process.platform !== 'linux').for([
  ['npm', 'npm@12.2.2', 'npm install'],
  ['pnpm 12', 'pnpm@12.21.0', 'pnpm add'],
] as const)(
  'the server loads the uWebSockets.js that an operator adds with %s (only on Linux, which lists loaded files)',
  async ([, tool, add]) => {
    const path = [join(await installTool(tool), '.bin'), await installNode('24.22.3')]
    const { registry, write, run, start, folder } = await newProject(...path)
    await write('package.json', '{ "name": "new-app", "private": true }')
    await write('.npmrc', `registry=${registry.url}\n`)
    const [manager, ...addArgs] = add.split(' ')
    const replacement = 'uWebSockets.js@npm:uws-pack@20.0.8'
    const installed = await run(manager!, ...addArgs, '@buddy-chat/server', replacement)
    expect(installed.code, installed.output).toBe(0)
    const command = join(folder, 'node_modules/.bin/buddy-server')
    const running = start({}, command, '--dev', '--port=0', '--log-format=json')
    await running.writes('"url":')
    const files = readFileSync(`/proc/${running.child.pid}/maps`, 'utf8')
    const addons = files
      .split('\n')
      .flatMap((line) => /\/node_modules\/(.*\.node)$/.exec(line)?.[1] ?? [])
    expect(addons).not.toEqual([])
    expect(addons.filter((file) => !/(uWebSockets\.js|uws-pack)\/dist\/bin\//.test(file))).toEqual(
      [],
    )
  },
)
