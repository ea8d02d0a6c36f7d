// `buddy-server init`, with questions in a real pseudo-terminal and without questions.
import type { SpawnOptions } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { RawClient } from './raw-client.ts'
import type { WatchedProcess } from './watched-process.ts'
import { watchProcess } from './watched-process.ts'

const cli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-init-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

function start(command: string, args: readonly string[], options: SpawnOptions): WatchedProcess {
  const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm' }
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], ...options })
  onTestFinished(() => void child.kill('SIGKILL'))
  return watchProcess(child)
}

const run = (cwd: string, ...args: readonly string[]): WatchedProcess =>
  start(process.execPath, [cli, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })

/** Starts a server with the file, and joins it with a client. Returns the URL. */
async function expectServer(cwd: string, file: string): Promise<string> {
  const running = run(cwd, '--config', file, '--port=0', '--ice-servers=')
  const url = await running.url()
  await RawClient.join(url, 'Ana')
  return url
}

describe('without questions', () => {
  test('writes a file that check-config accepts and that starts a server', async () => {
    const folder = makeFolder()
    const init = run(folder, 'init', '--yes')
    expect(await init.exited).toBe(0)
    const file = join(folder, 'buddy.yaml')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const checked = run(folder, 'check-config', '--config=buddy.yaml')
    expect([await checked.exited, checked.output()]).toEqual([0, 'The configuration is valid.\n'])
    const url = await expectServer(folder, 'buddy.yaml')

    const [, adminToken = ''] = /^admin_token: (.*)$/m.exec(readFileSync(file, 'utf8'))!
    const headers = { Authorization: `Bearer ${adminToken}` }
    expect((await fetch(`${url}/dashboard`, { headers })).status).toBe(200)
    expect(init.output()).not.toContain(adminToken)
    for (const command of [
      'buddy-server --config buddy.yaml',
      'doctor',
      'localhost:3000/dashboard',
    ]) {
      expect(init.output()).toContain(command)
    }
  })

  test('takes the answers and any other setting from flags', async () => {
    const folder = makeFolder()
    const init = run(
      folder,
      'init',
      '--yes',
      '--file=my server.yaml',
      '--public-url=chat.example.org/buddy',
      '--allowed-origins=self,https://www.example.org',
      '--https=platform',
      '--turn=turn.example.org',
      '--no-dashboard',
      '--max-rooms=7',
    )
    expect(await init.exited).toBe(0)
    expect(init.output()).toContain("buddy-server --config 'my server.yaml' turn-config")
    expect(init.output()).toContain('https://chat.example.org/buddy/buddy-chat.js')
    const printed = run(folder, '--config=my server.yaml', 'print-config')
    expect(await printed.exited).toBe(0)
    const lines = [
      'max_rooms: 7',
      'trusted_proxy_hops: 1',
      'admin_token: ""',
      'public_url: https://chat.example.org/buddy',
      'turn_secret: "********"',
    ]
    for (const line of lines) expect(printed.output()).toContain(`\n${line}  # `)
  })

  test.for([
    [['--yes'], 'buddy.yaml exists already: name another file with --file, or replace it with'],
    [['--file=b.yaml'], 'init asks questions, but this is not a terminal: add --yes, and the'],
    [['--yes', '--file=b.yaml', '--secret-key=hunter2'], '--secret-key=… is not allowed: it must'],
  ] as const)('with the arguments %j writes nothing and says why', async ([args, message]) => {
    const folder = makeFolder()
    writeFileSync(join(folder, 'buddy.yaml'), 'old')
    const init = run(folder, 'init', ...args)
    expect(await init.exited).toBe(1)
    expect(init.output()).toContain(message)
    expect(init.output()).not.toContain('hunter2')
    expect(readFileSync(join(folder, 'buddy.yaml'), 'utf8')).toBe('old')
    expect(existsSync(join(folder, 'b.yaml'))).toBe(false)
  })
})

const hasTerminals = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes(
  'util-linux',
)
if (!hasTerminals) {
  console.log(
    'Skipped: questions of init in a terminal (the command script of util-linux is missing).',
  )
}

describe.skipIf(!hasTerminals)('in a terminal', () => {
  /** Runs `init` in a pseudo-terminal. `type` waits for a text, then types. */
  function runInTerminal(cwd: string): WatchedProcess & {
    readonly type: (awaited: string, keys: string) => Promise<void>
  } {
    // A pseudo-terminal without a size breaks each line after one character.
    const command = `stty cols 120 rows 40; "${process.execPath}" "${cli}" init`
    const running = start(
      'script',
      ['--quiet', '--return', '--flush', '-c', command, '/dev/null'],
      { cwd },
    )
    return {
      ...running,
      type: async (awaited, keys) => {
        await running.writes(awaited)
        running.child.stdin!.write(keys)
      },
    }
  }
  const enter = '\r'
  const clear = '\u0015'

  test('asks, asks again with the reason if an answer is not allowed, and writes what starts a server', async () => {
    const folder = makeFolder()
    const { type, exited, output } = runInTerminal(folder)
    await type('Where will visitors reach the server?', `ftp://chat.example.org${enter}`)
    await type('it must be a URL like https://chat.example.org', `${clear}chat.example.org${enter}`)
    await type('Which pages embed the chat?', `*${enter}`)
    await type('is open to every page', `${clear}self, https://www.example.org${enter}`)
    await type('Who serves https?', enter)
    await type('Do you run a TURN server', enter)
    await type('What is the host name of the TURN server?', `-${enter}`)
    await type('a host name has letters, digits', `${clear}relay.example.org${enter}`)
    await type('Create a password for the dashboard', 'n')
    expect(await exited).toBe(0)
    expect(output()).toContain('Set up coturn on relay.example.org')

    const text = readFileSync(join(folder, 'buddy.yaml'), 'utf8')
    expect(text).toContain('\npublic_url: https://chat.example.org\n')
    expect(text).toContain('\n  - https://www.example.org\n')
    expect(text).toContain('\n  - turns:relay.example.org:5349?transport=tcp\n')
    expect(text).not.toContain('\nadmin_token')
    await expectServer(folder, 'buddy.yaml')
  })

  test('writes nothing if the operator cancels', async () => {
    const folder = makeFolder()
    const { type, exited, output } = runInTerminal(folder)
    await type('Where will visitors reach the server?', '\u0003')
    expect(await exited).toBe(1)
    expect(output()).toContain('Cancelled: nothing was written.')
    expect(existsSync(join(folder, 'buddy.yaml'))).toBe(false)
  })
})
