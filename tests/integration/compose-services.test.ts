// Caddy and Prometheus as deploy/compose.yaml runs them, with the files in deploy/, in front of a real server.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { deployFolder, readDeployed } from '../deploy/compose-settings.ts'
import { test } from '../server-fixture.ts'
import { freePort } from '../server-process.ts'
import { RawClient } from './raw-client.ts'
import { watchProcess } from './watched-process.ts'

const isInstalled = (command: string): boolean =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined
const missing = ['caddy', 'prometheus', 'promtool'].filter((command) => !isInstalled(command))
if (missing.length > 0) {
  console.log(
    `Skipped: the services of deploy/compose.yaml. Install ${missing.join(', ')} (on Debian or Ubuntu: sudo apt-get install caddy prometheus).`,
  )
}

const adminToken = 'b7c90a4f51d2e83649e0f6a1c87d3b25'

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-services-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Resolves with the first result of `ask` that is not undefined. A service has no event for what it does by itself. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  return expect.poll(ask, { timeout: 15_000 }).toBeDefined().then(ask) as Promise<T>
}

/** Starts Caddy with the Caddyfile, and a certificate authority of its own. Resolves with URL and certificate. */
async function startCaddy(...targets: readonly string[]): Promise<{
  readonly url: string
  readonly ca: string
  readonly writes: (text: string) => Promise<void>
}> {
  const folder = newFolder()
  const [http, https] = [await freePort(), await freePort()]
  const options = `{\n\thttp_port ${http}\n\thttps_port ${https}\n\tadmin off\n\tskip_install_trust\n\tdebug\n}\n`
  const file = readDeployed('Caddyfile')
  writeFileSync(join(folder, 'Caddyfile'), options + file)
  const NODES = targets.map((target) => new URL(target).host).join(' ')
  const env = { PATH: process.env['PATH'], HOME: folder, BUDDY_HOST: 'localhost', NODES }
  const args = ['--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile']
  execFileSync('caddy', ['validate', ...args], { env, stdio: 'pipe' })
  const child = spawn('caddy', ['run', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const { writes } = watchProcess(child)
  // Caddy obtains the certificate earlier, but refuses handshakes until it has put it into its cache.
  await writes('added certificate to cache')
  const authority = join(folder, '.local/share/caddy/pki/authorities/local/root.crt')
  return { url: `https://localhost:${https}`, ca: readFileSync(authority, 'utf8'), writes }
}

test.skipIf(missing.includes('caddy'))(
  'Caddy passes WebSockets on, and the address of the visitor, whatever the visitor claims',
  async ({ startServer }) => {
    const { url: target, server } = await startServer({
      trustedProxies: ['127.0.0.1'],
      maxConnectionsPerAddress: 1,
      allowedOrigins: ['self'],
    })
    const { url, ca } = await startCaddy(target.replace('localhost', '127.0.0.1'))
    const from = (localAddress: string, forged: string) =>
      RawClient.connect(url, {
        ca,
        localAddress,
        origin: url,
        headers: { 'X-Forwarded-For': forged },
      })
    const ana = await from('127.0.0.2', '198.51.100.1')
    ana.sendHello()
    await ana.receive('welcome')
    expect(server.status().users).toBe(1)
    const again = await from('127.0.0.2', '198.51.100.2')
    expect(await again.errorCode()).toBe('too-many-connections')
    const bob = await from('127.0.0.3', '198.51.100.1')
    bob.sendHello()
    await bob.receive('welcome')
    expect(server.status().users).toBe(2)
  },
)

test.skipIf(missing.includes('caddy'))(
  'Caddy lets requests wait while the server restarts',
  async ({ startServer }) => {
    const port = await freePort()
    const { url, ca, writes } = await startCaddy(`http://127.0.0.1:${port}`)
    const connecting = RawClient.connect(url, { ca })
    // If Caddy answers at once instead, the test fails with the reason.
    await Promise.race([writes('connection refused'), connecting])
    await startServer({ port })
    const client = await connecting
    client.sendHello()
    await client.receive('welcome')
  },
)

test.skipIf(missing.length > 0)(
  'Prometheus accepts the rules, and reads the metrics of the server with the token',
  async ({ startServer }) => {
    const { url: target } = await startServer({ adminToken })
    expect((await fetch(`${target}/metrics`)).status).toBe(401)
    const folder = newFolder()
    const token = join(folder, 'secrets/admin-token')
    mkdirSync(dirname(token))
    writeFileSync(token, adminToken)
    const targets = [new URL(target).host]
    writeFileSync(join(folder, 'secrets/nodes.json'), JSON.stringify([{ targets }]))
    copyFileSync(join(deployFolder, 'alerts.yaml'), join(folder, 'alerts.yaml'))
    const file = readDeployed('prometheus.yaml')
    const config = join(folder, 'prometheus.yaml')
    writeFileSync(config, file.replace('scrape_interval: 15s', 'scrape_interval: 1s'))
    expect(String(execFileSync('promtool', ['check', 'config', config]))).toContain('8 rules found')

    const port = await freePort()
    const child = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    onTestFinished(() => void child.kill('SIGKILL'))
    await watchProcess(child).writes('Server is ready to receive web requests')
    const query = async (expr: string): Promise<readonly unknown[]> => {
      const address = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`
      const answer = (await (await fetch(address)).json()) as { data: { result: unknown[] } }
      return answer.data.result
    }
    const [up] = await eventually(async () => {
      const result = await query('up{job="buddy"}')
      return result.length > 0 ? result : undefined
    })
    expect(up).toMatchObject({ value: [expect.any(Number), '1'] })
    expect(await query('buddy_users_max')).toHaveLength(1)
    // The rules are evaluated every 15 seconds by default; an expression that fails would be reported there.
    const rules = await (await fetch(`http://127.0.0.1:${port}/api/v1/rules`)).json()
    expect(rules).toMatchObject({ data: { groups: [{ name: 'buddy' }] } })
  },
)
