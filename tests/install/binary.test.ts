// The one-file server, as an operator runs it who has nothing else.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { expectTextsRelayed, RawClient } from '../integration/raw-client.ts'
import type { WatchedProcess } from '../integration/watched-process.ts'
import { watchProcess } from '../integration/watched-process.ts'

const root = join(import.meta.dirname, '../..')
const dist = join(root, 'dist')
const name = process.platform === 'win32' ? 'buddy-server.exe' : 'buddy-server'
const binary = join(dist, name)

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'scripts/build-binary.mjs')], { stdio: 'inherit' })
}, 120_000)

/** Makes a folder that is deleted when the test ends. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-binary-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly user?: string
  readonly args?: readonly string[]
}

/** Runs a command with only `env` in its environment, without PATH. It is killed when the test ends. */
function run(
  command: string,
  args: readonly string[],
  env: RunOptions['env'] = {},
): WatchedProcess {
  const child = spawn(command, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return watchProcess(child)
}

test('the binary prints its version and the result of sub-commands without any environment', async () => {
  const { version } = JSON.parse(
    readFileSync(join(root, 'packages/buddy-server/package.json'), 'utf8'),
  )
  const outputs = {
    '--version': `${version}\n`,
    '--help': expect.stringContaining('Usage: buddy-server '),
    'generate-keys': expect.stringMatching(/^SECRET_KEY=/),
    'check-config --dev': 'The configuration is valid.\n',
    'print-config --dev': expect.stringContaining('port: 3000'),
  }
  for (const [args, output] of Object.entries(outputs)) {
    const command = run(binary, args.split(' '))
    expect([await command.exited, command.output()], args).toEqual([0, output])
  }
})

test('dist/SHA256SUMS has the sum of the binary', () => {
  const sum = createHash('sha256').update(readFileSync(binary)).digest('hex')
  expect(readFileSync(join(dist, 'SHA256SUMS'), 'utf8')).toBe(`${sum}  ${name}\n`)
})

const canChroot = process.platform === 'linux' && process.getuid?.() === 0
const nobody = '65534:65534'
const adminToken = 'Zk3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Gaq8'

describe.skipIf(!canChroot)(
  'in a root folder with only the binary and the libraries that ldd names (needs Linux, and root for chroot)',
  () => {
    /** Returns such a folder. */
    function makeBareRoot(): string {
      const folder = makeFolder()
      copyFileSync(binary, join(folder, name))
      const libraries = execFileSync('ldd', [binary], { encoding: 'utf8' }).match(/\/\S+/g) ?? []
      for (const library of libraries) {
        mkdirSync(join(folder, dirname(library)), { recursive: true })
        copyFileSync(library, join(folder, library))
      }
      chmodSync(folder, 0o755)
      return folder
    }

    /** Runs the binary with `folder` as its root, as root or as `user`. */
    function runIn(folder: string, { env = {}, user = '0:0', args = [] }: RunOptions = {}) {
      const chroot = ['/usr/sbin/chroot', `--userspec=${user}`, folder, `/${name}`]
      const [command = '', ...more] = chroot
      return run(command, [...more, '--dev', '--port=0', ...args], env)
    }

    const portOf = async (server: WatchedProcess): Promise<string> =>
      (await server.matches(/"port":(\d+)/))[1] ?? ''

    const filesIn = (folder: string): readonly string[] =>
      readdirSync(folder, { recursive: true }).map(String).sort()

    test('the binary serves its pages, connects two users, and stops on SIGTERM', async () => {
      const folder = makeBareRoot()
      const before = filesIn(folder)
      const server = runIn(folder, { args: [`--admin-token=${adminToken}`] })
      const url = `http://127.0.0.1:${await portOf(server)}`
      const get = async (path: string): Promise<readonly [number, string]> => {
        const headers = { Accept: 'text/html', Authorization: `Bearer ${adminToken}` }
        const response = await fetch(url + path, { headers })
        return [response.status, await response.text()]
      }
      expect(await get('/readyz')).toEqual([200, expect.any(String)])
      expect(await get('/')).toEqual([200, expect.stringContaining('<buddy-chat')])
      expect(await get('/dashboard')).toEqual([200, expect.stringContaining('<script')])
      const script = readFileSync(join(root, 'packages/buddy-server/dist/public/v/buddy-chat.js'))
      expect(await get('/buddy-chat.js')).toEqual([200, script.toString()])
      const [one, other] = await RawClient.pair(url)
      await expectTextsRelayed(one, other)
      expect(filesIn(folder)).toEqual(before)
      server.child.kill('SIGTERM')
      await Promise.all([one.closed(), other.closed()])
      expect(await server.exited).toBe(0)
      expect(server.output()).not.toMatch(/"level":"(warn|error)"|Warning/)
    })

    test('the binary listens on IPv6', async () => {
      const server = runIn(makeBareRoot(), { args: ['--host=::1'] })
      const response = await fetch(`http://[::1]:${await portOf(server)}/readyz`)
      expect(response.status).toBe(200)
    })

    test('a user who can write to no folder learns what to do', async () => {
      const server = runIn(makeBareRoot(), { user: nobody })
      expect(await server.exited).toBe(1)
      expect(server.output()).toMatch(/Set BUDDY_CACHE_DIR to such a folder\..*\n\/tmp: ENOENT/)
      expect(server.output()).not.toContain('    at ')
    })

    test('a user who can write to no folder uses what root has put into BUDDY_CACHE_DIR', async () => {
      const folder = makeBareRoot()
      const env = { BUDDY_CACHE_DIR: '/cache' }
      await portOf(runIn(folder, { env }))
      const before = filesIn(folder)
      expect(before).toContainEqual(expect.stringMatching(/^cache\/uws-[0-9a-f]{64}\.node$/))
      await portOf(runIn(folder, { env, user: nobody }))
      expect(filesIn(folder)).toEqual(before)
    })

    test('a library that another user has put into the cache is not loaded', async () => {
      const folder = makeBareRoot()
      const [cache, tmp] = ['home/.cache/buddy-server', 'tmp'].map((one) => join(folder, one))
      for (const [path, mode] of [
        [cache, 0o777],
        [tmp, 0o1777],
      ] as const) {
        mkdirSync(path!, { recursive: true })
        chmodSync(path!, mode)
      }
      const addon = readFileSync(
        join(
          root,
          'packages/buddy-server/node_modules/uWebSockets.js/dist/bin/uws_linux_x64_127.node',
        ),
      )
      const planted = join(cache!, `uws-${createHash('sha256').update(addon).digest('hex')}.node`)
      writeFileSync(planted, 'planted')
      await portOf(runIn(folder, { env: { HOME: '/home' } }))
      expect([readFileSync(planted, 'utf8'), readdirSync(tmp!)]).toEqual(['planted', []])
    })
  },
)
