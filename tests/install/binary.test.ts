// The one-file server, as an operator runs it who has nothing else.
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectTextsRelayed, RawClient } from '../integration/raw-client.ts'
import {
  binary,
  binaryName,
  buildBinary,
  canChroot,
  librariesOf,
  makeBareRoot,
  pathsIn,
  portOf,
  root,
  run,
  runIn,
} from './binary.ts'

const unprivileged = '65534:65534'
const adminToken = 'Zk3vXw7Lk2Nf9Tb5Hd1Ym6Pc4Js0Gaq8'

beforeAll(() => buildBinary())

test('the binary prints its version and the results of sub-commands without any environment', async () => {
  const { version } = JSON.parse(
    readFileSync(join(root, 'packages/buddy-server/package.json'), 'utf8'),
  )
  const outputs = {
    '--version': `${version}\n`,
    'check-config --dev': 'The configuration is valid.\n',
    'print-config --dev': expect.stringContaining('port: 3000'),
    'doctor --dev --port=0 --timeout=1': expect.stringMatching(/^ok +own files /m),
    'generate-keys': expect.stringMatching(/^SECRET_KEY=/),
  }
  for (const [args, output] of Object.entries(outputs)) {
    const command = run(binary, args.split(' '))
    expect([await command.exited, command.output()], args).toEqual([0, output])
  }
})

test('licences prints the licence of each part of the binary', async () => {
  const command = run(binary, ['licences'])
  expect(await command.exited).toBe(0)
  const lines = command.output().split('\n')
  const libraries = ['Name: lit-html', 'msgpackr 2', '@redis/client 6', '## uplot', 'zod 4']
  const parts = ['Buddy', 'Node.js v', 'uWebSockets.js', ...libraries]
  expect(parts.filter((part) => !lines.some((line) => line.startsWith(part)))).toEqual([])
})

test('a memory limit in NODE_OPTIONS causes no warning about the code cache', async () => {
  const env = { NODE_OPTIONS: '--max-old-space-size=300' }
  const command = run(binary, ['check-config', '--dev'], env)
  expect([await command.exited, command.output()]).toEqual([0, 'The configuration is valid.\n'])
})

test('the binary has every sub-command that its help names', async () => {
  const help = run(binary, ['--help'])
  expect(await help.exited).toBe(0)
  const [, list = ''] = help.output().split('\nCommands:\n')
  const names = [...list.matchAll(/^ {2}([a-z-]+)/gm)].flatMap(([, name]) => name ?? [])
  expect(names).toEqual(expect.arrayContaining(['check-config', 'turn-config']))
  await Promise.all(
    names.map(async (name) => {
      const command = run(binary, [name, '--help'])
      expect([await command.exited, command.output()]).toEqual([0, expect.stringContaining(name)])
    }),
  )
})

test('dist/SHA256SUMS has the sum of the binary', () => {
  const sum = createHash('sha256').update(readFileSync(binary)).digest('hex')
  expect(readFileSync(join(root, 'dist/SHA256SUMS'), 'utf8')).toBe(`${sum}  ${binaryName}\n`)
})

test.skipIf(process.platform !== 'linux')(
  'docs/binary.md names the shared libraries and the glibc version that the binary needs (only on Linux)',
  () => {
    const page = readFileSync(join(root, 'docs/binary.md'), 'utf8')
    const libraries = librariesOf(binary).map((path) => basename(path))
    const named = libraries.filter((library) => !library.startsWith('ld-'))
    expect(named).toContain('libc.so.6')
    expect(named.filter((library) => !page.includes(`\`${library}\``))).toEqual([])
    const versions = readFileSync(binary)
      .toString('latin1')
      .matchAll(/GLIBC_2\.(\d+)/g)
    const newest = Math.max(...[...versions].map(([, minor]) => Number(minor)))
    expect(page).toContain(`glibc 2.${newest} or newer`)
  },
)

// Where the binary cannot run in a root folder of its own, this is the next best. Else the tests below do more.
test.skipIf(canChroot)('the binary connects two users without any environment', async () => {
  const server = run(binary, ['--dev', '--port=0'])
  const url = `http://127.0.0.1:${await portOf(server)}`
  expect((await fetch(`${url}/buddy-chat.js`)).status).toBe(200)
  const [one, other] = await RawClient.pair(url)
  await expectTextsRelayed(one, other)
})

describe.skipIf(!canChroot)(
  'in a root folder with only the binary and the libraries that ldd names (skipped except for root on Linux, because it needs chroot)',
  () => {
    test('the binary serves its pages, connects two users, and stops on SIGTERM', async () => {
      const folder = makeBareRoot()
      const before = pathsIn(folder)
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
      expect(pathsIn(folder)).toEqual(before)
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

    test('a user who can write to no folder gets an error with what to do', async () => {
      const server = runIn(makeBareRoot(), { user: unprivileged })
      expect(await server.exited).toBe(1)
      expect(server.output()).toMatch(/Set BUDDY_CACHE_DIR to such a folder\..*\n\/tmp: ENOENT/)
      expect(server.output()).not.toContain('    at ')
    })

    test('a user who can write to no folder uses what root has put into BUDDY_CACHE_DIR', async () => {
      const folder = makeBareRoot()
      const env = { BUDDY_CACHE_DIR: '/cache' }
      await portOf(runIn(folder, { env }))
      const before = pathsIn(folder)
      expect(before).toContainEqual(expect.stringMatching(/^cache\/uws-[0-9a-f]{64}\.node$/))
      await portOf(runIn(folder, { env, user: unprivileged }))
      expect(pathsIn(folder)).toEqual(before)
    })

    test('a library that another user has put into the cache is not loaded', async () => {
      const folder = makeBareRoot()
      const [cache, tmp] = [join(folder, 'home/.cache/buddy-server'), join(folder, 'tmp')]
      for (const [path, mode] of [
        [cache, 0o777],
        [tmp, 0o1777],
      ] as const) {
        mkdirSync(path, { recursive: true })
        chmodSync(path, mode)
      }
      const addon = 'uws_linux_x64_127.node'
      const { sha256 } = JSON.parse(
        readFileSync(join(root, 'packages/platforms/addon-hashes.json'), 'utf8'),
      ).files[addon.replace('x64', process.arch)]
      const planted = join(cache, `uws-${sha256}.node`)
      writeFileSync(planted, 'planted')
      await portOf(runIn(folder, { env: { HOME: '/home' } }))
      expect([readFileSync(planted, 'utf8'), readdirSync(tmp)]).toEqual(['planted', []])
    })
  },
)
