// Runs Caddy and Prometheus as deploy/compose.yaml does, with the files in deploy/.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { deployFolder, readDeployed } from '../deploy/compose-settings.ts'
import { freePort } from '../server-process.ts'
import { watchProcess } from './watched-process.ts'

const isInstalled = (command: string): boolean =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined

/** The services that this machine does not have. */
export const missingServices = ['caddy', 'prometheus', 'promtool'].filter(
  (command) => !isInstalled(command),
)
if (missingServices.length > 0) {
  console.log(
    `Skipped: the services of deploy/compose.yaml. Install ${missingServices.join(', ')} (on Debian or Ubuntu: sudo apt-get install caddy prometheus).`,
  )
}

/** Creates a folder, which is removed when the test ends. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-services-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Resolves with the first result of `ask` that is not undefined. A service has no event for what it does by itself. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  return expect.poll(ask, { timeout: 15_000 }).toBeDefined().then(ask) as Promise<T>
}

/** Starts Caddy with the Caddyfile, and a certificate authority of its own. Resolves with URL and certificate. */
export async function startCaddy(...targets: readonly string[]): Promise<{
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

/** A running Prometheus. */
export interface Prometheus {
  readonly url: string
  /** Returns the result of a query. */
  readonly query: (
    expression: string,
  ) => Promise<readonly { readonly value: readonly [number, string] }[]>
}

/**
 * Starts Prometheus with prometheus.yaml and alerts.yaml, and with frequent scrapes.
 * @param secrets a folder with the files `admin-token` and `nodes.json`
 */
export async function startPrometheus(secrets: string): Promise<Prometheus> {
  const folder = newFolder()
  mkdirSync(join(folder, 'secrets'))
  for (const name of ['admin-token', 'nodes.json']) {
    copyFileSync(join(secrets, name), join(folder, 'secrets', name))
  }
  copyFileSync(join(deployFolder, 'alerts.yaml'), join(folder, 'alerts.yaml'))
  const config = join(folder, 'prometheus.yaml')
  writeFileSync(
    config,
    readDeployed('prometheus.yaml').replace('scrape_interval: 15s', 'scrape_interval: 500ms'),
  )
  const checked = execFileSync('promtool', ['check', 'config', config], { encoding: 'utf8' })
  expect(checked).toContain('9 rules found')
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
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    query: async (expression) => {
      const address = `${url}/api/v1/query?query=${encodeURIComponent(expression)}`
      const answer = (await (await fetch(address)).json()) as {
        data: { result: { value: [number, string] }[] }
      }
      return answer.data.result
    },
  }
}
