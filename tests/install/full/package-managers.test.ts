// Every package manager installs the packages by one command, in an empty folder and with an empty cache, and
// has nothing to complain about.
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { complaints } from '../complaints.ts'
import { newProject } from '../new-project.ts'
import { installNode, installTool } from '../tools.ts'

const added = ['@buddy-chat/element', '@buddy-chat/client', '@buddy-chat/server']

interface Manager {
  readonly tool: string
  /** A version that this package manager supports, and the server too. */
  readonly node: string
  readonly command: readonly string[]
  /** How to run Node so that it finds the packages. @default `node` */
  readonly runNode?: readonly string[]
  /** The configuration file that names the registry. @default `.npmrc` */
  readonly settings?: (registry: string) => readonly [file: string, content: string]
}

const yarnSettings =
  (linker: string) =>
  (registry: string): [string, string] => [
    '.yarnrc.yml',
    `npmRegistryServer: ${registry}\nunsafeHttpWhitelist: ['127.0.0.1']\nnodeLinker: ${linker}\n`,
  ]
const yarn = '@yarnpkg/cli-dist@4.18.1'

const managers: Readonly<Record<string, Manager>> = {
  'npm 10': { tool: 'npm@10.9.9', node: '20.8.0', command: ['npm', 'install'] },
  'npm 11': { tool: 'npm@11.21.2', node: '22.23.5', command: ['npm', 'install'] },
  'npm 12': { tool: 'npm@12.2.2', node: '22.23.5', command: ['npm', 'install'] },
  'pnpm 9': { tool: 'pnpm@9.15.9', node: '20.8.0', command: ['pnpm', 'add'] },
  'pnpm 10': { tool: 'pnpm@10.34.9', node: '20.8.0', command: ['pnpm', 'add'] },
  'pnpm 11': { tool: 'pnpm@11.28.11', node: '22.23.5', command: ['pnpm', 'add'] },
  'pnpm 12': { tool: 'pnpm@12.21.0', node: '22.23.5', command: ['pnpm', 'add'] },
  'yarn 4 with node_modules': {
    tool: yarn,
    node: '22.23.5',
    command: ['yarn', 'add'],
    settings: yarnSettings('node-modules'),
  },
  "yarn 4 with Plug'n'Play": {
    tool: yarn,
    node: '22.23.5',
    command: ['yarn', 'add'],
    runNode: ['yarn', 'node'],
    settings: yarnSettings('pnp'),
  },
}

test.for(Object.entries(managers))(
  '%s installs without a warning what then works',
  async ([, manager]) => {
    const { tool, node, command, runNode = ['node'], settings } = manager
    const bin = join(await installTool(tool), '.bin')
    const { registry, write, run } = await newProject(bin, await installNode(node))
    await write('package.json', '{ "name": "new-app", "private": true, "type": "module" }')
    await write(...(settings?.(registry.url) ?? ['.npmrc', `registry=${registry.url}\n`]))
    const [program = '', ...subcommand] = command
    const installed = await run(program, ...subcommand, ...added)
    expect([installed.code, complaints(installed.output)], installed.output).toEqual([0, []])

    const script = `
    const { BuddyChat } = await import('@buddy-chat/element')
    const { BuddyClient } = await import('@buddy-chat/client')
    const { createBuddyServer } = await import('@buddy-chat/server')
    const server = createBuddyServer({ port: 0 })
    const { url } = await server.listen()
    const { status } = await fetch(url + '/readyz')
    await server.close()
    console.log(BuddyChat.name, new BuddyClient().state, status)`
    const [runtime = '', ...first] = runNode
    const used = await run(runtime, ...first, '--input-type=module', '--eval', script)
    expect(used).toMatchObject({ code: 0, output: 'BuddyChat idle 200\n' })
  },
)
