// The command `buddy-server doctor`: its output, its exit code, and a whole installation without a fault.
import { spawn } from 'node:child_process'
import { chmodSync, chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  turnConfig,
  turnConfigDefaults,
} from '../../packages/buddy-server/src/commands/turn-config.ts'
import { defaultOptions } from '../../packages/buddy-server/src/config/server-settings.ts'
import type { Finding } from '../../packages/buddy-server/src/doctor/finding.ts'
import { checkNames } from '../../packages/buddy-server/src/doctor/finding.ts'
import { writeIssued } from '../self-signed.ts'
import { freePort } from '../server-process.ts'
import { coturnFolder, coturnUser, missingCoturnMessage, startCoturn } from './coturn.ts'
import { adminToken, secretKey } from '../../packages/buddy-server/src/doctor/diagnose.fixture.ts'
import type { WatchedProcess } from './watched-process.ts'
import { watchProcess } from './watched-process.ts'

if (missingCoturnMessage) console.log(missingCoturnMessage)

const cli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')
const turnSecret = 'eT4vQ8xN2mZ6bK1cR7pH3jF9sD5gA0wL'

/** Runs the command with these arguments. `limit` is the maximum number of open files. */
function run(
  args: readonly string[],
  { limit, ...env }: NodeJS.ProcessEnv & { readonly limit?: string } = {},
): WatchedProcess {
  const child = spawn(
    'sh',
    ['-c', `${limit ? `ulimit -n ${limit}; ` : ''}exec "$0" "$@"`, process.execPath, cli, ...args],
    {
      env: { PATH: process.env['PATH'], ICE_SERVERS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  return watchProcess(child)
}

test.skipIf(missingCoturnMessage)(
  'finds no problem in an installation with TLS and TURN, and prints no secret',
  async () => {
    const folder = coturnFolder()
    const { certFile, keyFile, authorityFile } = writeIssued(folder)
    // coturn's user reads the same key as the server.
    chmodSync(keyFile, 0o640)
    if (process.getuid?.() === 0) chownSync(keyFile, 0, coturnUser.gid)
    const [port, plain, secure] = [await freePort(), await freePort(), await freePort()]
    const turnUrls = [`turn:localhost:${plain}`, `turns:localhost:${secure}?transport=tcp`]
    const file = join(folder, 'buddy.yaml')
    writeFileSync(
      file,
      JSON.stringify({
        public_url: `https://localhost:${port}`,
        host: '127.0.0.1',
        port,
        tls_cert_file: certFile,
        tls_key_file: keyFile,
        secret_key: secretKey,
        admin_token: adminToken,
        allowed_origins: ['self'],
        ice_servers: [{ urls: [`stun:localhost:${plain}`] }],
        turn_urls: turnUrls,
        turn_secret: turnSecret,
      }),
    )
    await startCoturn(
      turnConfig(
        { ...defaultOptions, turnUrls, turnSecret },
        {
          ...turnConfigDefaults,
          listeningIp: '127.0.0.1',
          turnCert: certFile,
          turnKey: keyFile,
          turnUser: coturnUser.name,
        },
      ),
    )
    await run(['--config', file], { ICE_SERVERS: undefined }).url()

    const doctor = run(
      ['--config', file, 'doctor', '--json', `--time-from=https://localhost:${port}/healthz`],
      { ICE_SERVERS: undefined, NODE_EXTRA_CA_CERTS: authorityFile },
    )
    const exitCode = await doctor.exited
    const report = JSON.parse(doctor.output()) as { ok: boolean; findings: Finding[] }
    const faults = report.findings.filter(
      ({ verdict, message }) => verdict !== 'ok' && !/private address|relay ports/.test(message),
    )
    expect([faults, report.ok, exitCode]).toEqual([[], true, 0])
    expect(new Set(report.findings.map(({ check }) => check))).toEqual(new Set(checkNames))
    for (const secret of [secretKey, adminToken, turnSecret]) {
      expect(doctor.output()).not.toContain(secret)
    }
  },
)

test('prints a table and exits with 1 if there is a problem', async () => {
  const settings = { SECRET_KEY: secretKey, ALLOWED_ORIGINS: 'self', PORT: '0' }
  const doctor = run(['doctor', '--timeout=1'], {
    ...settings,
    TURN_URLS: `turn:127.0.0.1:${await freePort()}`,
    TURN_SECRET: turnSecret,
  })
  expect(await doctor.exited).toBe(1)
  expect(doctor.output()).toMatch(/^ok {7}configuration {3}The configuration is valid\.$/m)
  expect(doctor.output()).toMatch(/^problem {2}TURN {12}turn:127\.0\.0\.1:\d+ cannot be reached/m)
  expect(doctor.output()).toMatch(/\n\n1 problem, .*\.\n$/)
  expect(doctor.output()).not.toContain(turnSecret)
})

test('reports a limit of open files that is too low, of the shell and of the running server', async () => {
  const settings = {
    SECRET_KEY: secretKey,
    ALLOWED_ORIGINS: 'self',
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    MAX_CONCURRENT_USERS: '1000',
    limit: '300',
  }
  const alone = run(['doctor'], settings)
  expect(await alone.exited).toBe(0)
  expect(alone.output()).toMatch(/^warning {2}open files {6}The limit of open files of this shell/m)

  await run([], { ...settings, LOG_LEVEL: 'error' }).url()
  const beside = run(['doctor'], { ...settings, limit: '4096' })
  expect(await beside.exited).toBe(1)
  expect(beside.output()).toMatch(
    /^problem {2}open files {6}The limit of open files of the running/m,
  )
})

test.for([
  ['--timeout=soon', '--timeout=soon is not allowed: it must be seconds, from 0.1 to 60'],
  ['--time-from=ntp', '--time-from=ntp is not allowed: it must be an http or https URL'],
])('refuses the flag %s', async ([flag, message]) => {
  const doctor = run(['doctor', flag!])
  expect(await doctor.exited).toBe(1)
  expect(doctor.output()).toBe(`${message}\n`)
})
