// An operator installs the server from npm, and runs its command with the Node of the machine.
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { RawClient } from '../integration/raw-client.ts'
import type { WatchedProcess } from '../integration/watched-process.ts'
import { watchProcess } from '../integration/watched-process.ts'
import { isFullRun } from './full-run.ts'
import type { NewProject } from './new-project.ts'
import { newSharedProject } from './new-project.ts'
import { installNode } from './tools.ts'

/** Major versions of Node, and the exact ones for the tests. */
const nodeVersions = { 20: '20.20.2', 22: '22.23.5', 24: '24.22.3', 26: '26.12.1' } as const
const testedNodes: readonly (keyof typeof nodeVersions)[] = isFullRun ? [20, 22, 24, 26] : [20, 24]

const platform = `${process.platform}-${process.arch}`
const isWindows = process.platform === 'win32'
/** The command of the installed package. */
const command = isWindows ? 'buddy-server.cmd' : 'buddy-server'

let project: NewProject
let installOutput: string
beforeAll(async () => {
  project = await newSharedProject()
  const { code, output } = await project.run('npm', 'install', '@buddy-chat/server')
  expect([code, output]).toEqual([0, expect.any(String)])
  installOutput = output
})
afterAll(() => project.remove())

const installed = (...path: readonly string[]): string =>
  join(project.folder, 'node_modules', ...path)

/** The bytes of a file, or of all files in a folder. */
function bytesOf(path: string): number {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0)
}

test('npm installs the binaries of this platform only, without a warning and without a command node', () => {
  expect(installOutput).not.toMatch(/warn/i)
  expect(readdirSync(installed('@buddy-chat')).sort()).toEqual(
    [`node-${platform}`, 'protocol', 'server', `uws-${platform}`].sort(),
  )
  expect(readdirSync(installed('.bin'))).toContain(command)
  expect(readdirSync(installed('.bin')).filter((name) => /^(node|npm|npx)\b/.test(name))).toEqual(
    [],
  )
})

test('the installed server has at most 60 MB without Node', () => {
  const all = bytesOf(installed())
  const node = bytesOf(installed('@buddy-chat', `node-${platform}`))
  expect(all - node).toBeLessThan(60e6)
  // The native addon for Node 20 and 22 is in it, so it cannot be much smaller.
  expect(all - node).toBeGreaterThan(10e6)
})

/** The environment in which `node` is first on PATH. */
async function environment(major: keyof typeof nodeVersions): Promise<NodeJS.ProcessEnv> {
  const folder = await installNode(nodeVersions[major])
  const path = [folder, installed('.bin'), project.env['PATH']].join(delimiter)
  return { ...project.env, PATH: path, SECRET_KEY: 'hzYd_dQ3Vb4mZ0pXK2sLwN8tR6yUjE1c' }
}

interface Running extends WatchedProcess {
  readonly pid: number
}

/** Starts a command in the project, in a process group of its own, until the test ends. */
async function start(
  major: keyof typeof nodeVersions,
  args: readonly string[],
  { withIpc = false, env = {} }: { withIpc?: boolean; env?: NodeJS.ProcessEnv } = {},
): Promise<Running> {
  const [file = '', ...rest] = args
  const child: ChildProcess = spawn(file, rest, {
    cwd: project.folder,
    env: { ...(await environment(major)), ...env },
    shell: isWindows,
    detached: !isWindows,
    stdio: ['ignore', 'pipe', 'pipe', ...(withIpc ? (['ipc'] as const) : [])],
  })
  const pid = child.pid!
  const watched = watchProcess(child)
  onTestFinished(async () => {
    try {
      process.kill(isWindows ? pid : -pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
    await watched.exited
  })
  return { ...watched, pid }
}

const serverArgs = ['--allowed-origins=self', '--port=0', '--host=127.0.0.1', '--ice-servers=']
const urlIn = async ({ matches }: Running): Promise<string> =>
  (await matches(/"url":"([^"]+)"/))[1]!

describe.for(testedNodes)('with Node %s', (major) => {
  /** Whether uWebSockets.js has a binary for it. */
  const hasAddon = major === 20 || major === 22

  test('npx prints the version of the package', async () => {
    const { version } = JSON.parse(
      readFileSync(installed('@buddy-chat/server/package.json'), 'utf8'),
    ) as { version: string }
    const running = await start(major, ['npx', '@buddy-chat/server', '--version'])
    expect([await running.exited, running.output()]).toEqual([0, `${version}\n`])
  })

  test.skipIf(isWindows)(
    'the server that npx starts answers a hello, and ends when npx is ended (skipped on Windows: no signals)',
    async () => {
      const running = await start(major, ['npx', '@buddy-chat/server', ...serverArgs])
      const client = await RawClient.join(await urlIn(running), 'Ana')
      running.child.kill('SIGTERM')
      await client.receive('going-away')
      // npx does not wait for the server. `exited` also waits until the server has closed its output.
      await running.exited
      expect(running.output()).toContain('"msg":"stopped"')
    },
  )

  /** Without a launcher, tests/integration covers the same. */
  const isCovered = hasAddon && !isFullRun

  // With an IPC channel, the launcher cannot become the server, and starts it as a child.
  const signals = [
    ['SIGTERM to the process', 'SIGTERM', false, false],
    ['SIGTERM to a process with an IPC channel', 'SIGTERM', false, true],
    ['Ctrl-C in a terminal', 'SIGINT', true, false],
    ['Ctrl-C in a terminal, with an IPC channel', 'SIGINT', true, true],
  ] as const
  describe.skipIf(isWindows).for(isCovered ? [] : signals)(
    '%s (skipped on Windows: no signals)',
    ([, signal, toGroup, withIpc]) => {
      test('reaches the server once, which ends its calls and exits with 0', async () => {
        const running = await start(major, [command, ...serverArgs], {
          withIpc,
          env: { SHUTDOWN_TIMEOUT_SECONDS: '3600' },
        })
        const url = await (withIpc ? running.url() : urlIn(running))
        const [one, other] = await RawClient.pair(url)
        process.kill(toGroup ? -running.pid : running.pid, signal)
        await Promise.all([one.receive('going-away'), other.receive('going-away')])
        // A second signal would end the server at once, without waiting for the room.
        one.send({ type: 'leave' })
        expect(await running.exited).toBe(0)
        expect(running.child.signalCode).toBeNull()
        expect(running.output().match(/"msg":"stopp\w+"/g)).toEqual([
          '"msg":"stopping"',
          '"msg":"stopped"',
        ])
      })
    },
  )

  test.skipIf(isWindows || hasAddon)(
    'the server ends if its launcher is killed (skipped without a launcher, and on Windows)',
    async () => {
      const running = await start(major, [command, ...serverArgs], { withIpc: true })
      const client = await RawClient.join(await running.url(), 'Ana')
      running.child.kill('SIGKILL')
      await client.receive('going-away')
      await running.exited
      expect(running.output()).toContain('"msg":"stopped"')
    },
  )

  test.skipIf(isCovered)(
    'an invalid setting ends the command with 1, and a finished command ends',
    async () => {
      for (const withIpc of [false, true]) {
        const running = await start(major, [command, '--port=none'], { withIpc })
        expect(await running.exited).toBe(1)
        expect(running.output()).toMatch(/^--port=none is not allowed/)
      }
      const checking = await start(major, [command, 'check-config', ...serverArgs], {
        withIpc: true,
      })
      expect([await checking.exited, checking.output()]).toEqual([
        0,
        'The configuration is valid.\n',
      ])
    },
  )

  test('the package can be imported, and createBuddyServer works or says what to do', async () => {
    const script = `
      import { createBuddyServer, verifySignature } from '@buddy-chat/server'
      const isGenuine = verifySignature({ secret: 's', header: 't=1,v1=0', body: '', nowMs: 0 })
      try {
        createBuddyServer()
        console.log(isGenuine, 'created')
      } catch ({ name, code, message }) {
        console.log(isGenuine, name, code, message)
      }`
    const running = await start(major, ['node', '--input-type=module', '--eval', script])
    expect([await running.exited, running.output()]).toEqual([
      0,
      hasAddon
        ? 'false created\n'
        : expect.stringMatching(
            /^false NativeAddonError unsupported-node There is no binary of uWebSockets\.js for Node v\d+\.\d+\.\d+: use Node 20 or 22, or start the server with the command buddy-server/,
          ),
    ])
  })
})

test.runIf(isFullRun)(
  'without optional dependencies, the command names the package that is missing',
  async () => {
    const other = await newSharedProject()
    onTestFinished(() => other.remove())
    const { code } = await other.run('npm', 'install', '--omit=optional', '@buddy-chat/server')
    expect(code).toBe(0)
    for (const args of [['--dev'], ['check-config', '--dev']]) {
      expect(await other.run('npx', 'buddy-server', ...args)).toMatchObject({
        code: 1,
        output: `The package @buddy-chat/uws-${platform} is not installed: install @buddy-chat/server again on this machine, with optional dependencies (without --omit=optional or --no-optional).\n`,
      })
    }
  },
)

test.skipIf(process.platform !== 'linux')(
  'the launcher ends by the signal that ended the server (only on Linux, which lists child processes)',
  async () => {
    const running = await start(24, [command, ...serverArgs], { withIpc: true })
    await running.url()
    const ended = once(running.child, 'exit')
    // The launcher's only child is the server.
    const children = readFileSync(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8')
    process.kill(Number(children), 'SIGKILL')
    expect(await ended).toEqual([null, 'SIGKILL'])
  },
)
