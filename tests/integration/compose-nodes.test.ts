// The profile "nodes" of deploy/compose.yaml without containers: three servers behind Caddy, Redis and Prometheus, with
// the files in deploy/ and the settings that .env gives them. docs/scaling.md describes it.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { missingRedisMessage } from '../../packages/buddy-server/src/engine/redis/redis-server.fixture.ts'
import {
  deployFolder,
  readComposeFile,
  readDeployed,
  readVariables,
} from '../deploy/compose-settings.ts'
import type { ServerProcess } from '../server-process.ts'
import { freePort, prepareServerProcess } from '../server-process.ts'
import { missingServices, newFolder, startCaddy, startPrometheus } from './deployed-services.ts'
import { expectTextsRelayed } from './raw-client.ts'
import { ResumingClient } from './resuming-client.ts'
import { watchProcess } from './watched-process.ts'

const cli = join(import.meta.dirname, '../../packages/buddy-server/dist/cli.js')

/** Returns the variables of .env after the first step of docs/scaling.md. */
function variablesForNodes(): Readonly<Record<string, string>> {
  const copy = newFolder()
  cpSync(deployFolder, copy, { recursive: true })
  rmSync(join(copy, '.env'), { force: true })
  const shell = (command: string): string =>
    execFileSync('/bin/sh', ['-c', command], { cwd: copy, encoding: 'utf8' })
  shell('./new-env.sh localhost 127.0.0.1')
  const page = readFileSync(join(import.meta.dirname, '../../docs/scaling.md'), 'utf8')
  const [, command = ''] = /```sh\n( *sed -i[^`]*)```/.exec(page) ?? []
  const shown = shell(command)
  const variables = readVariables(readFileSync(join(copy, '.env'), 'utf8'))
  expect(readVariables(shown)).toEqual({
    COMPOSE_PROFILES: 'nodes',
    NODES: 'buddy:3000 buddy-2:3000 buddy-3:3000',
    REDIS_PASSWORD: variables['REDIS_PASSWORD'],
    REDIS_URL: `redis://:${variables['REDIS_PASSWORD']}@redis:6379`,
  })
  return variables
}

/** Runs write-secrets.sh with folders of the test, and returns the folder of the secrets. */
function writeSecrets(environment: Readonly<Record<string, string>>): string {
  const folder = newFolder()
  for (const name of ['coturn', 'prometheus', 'redis', 'data', 'data-2', 'data-3', 'bin']) {
    mkdirSync(join(folder, name))
  }
  const program = (name: string, command: string): void =>
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 })
  program('buddy-server', `'${process.execPath}' '${cli}'`)
  // The users of the containers do not exist here.
  program('chown', 'true')
  const script = readDeployed('write-secrets.sh')
    .replaceAll('/secrets/', `${folder}/`)
    .replace(
      '/data /data-2 /data-3',
      ['data', 'data-2', 'data-3'].map((name) => `${folder}/${name}`).join(' '),
    )
  const env = { ...environment, PATH: `${folder}/bin:${process.env['PATH']}` }
  execFileSync('/bin/sh', ['-c', script], { env, stdio: 'pipe' })
  return folder
}

/** Starts Redis with redis.conf. */
async function startRedis(secrets: string): Promise<number> {
  const port = await freePort()
  const file = join(secrets, 'redis.conf')
  const config = readDeployed('redis.conf')
    .replace('port 6379', `port ${port}\nbind 127.0.0.1`)
    .replace('dir /data', `dir ${secrets}/data`)
    .replace('/secrets/', `${secrets}/redis/`)
  writeFileSync(file, config)
  const child = spawn('redis-server', [file], { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await watchProcess(child).writes('Ready to accept connections')
  return port
}

/** Returns how many users each server has. */
const usersOf = (nodes: readonly ServerProcess[]): Promise<readonly number[]> =>
  Promise.all(
    nodes.map(async ({ url }) => {
      const status = (await (await fetch(`${url}/status`)).json()) as { readonly users: number }
      return status.users
    }),
  )

const isMissing = missingRedisMessage !== undefined || missingServices.length > 0
if (missingRedisMessage) console.log(missingRedisMessage)

describe.skipIf(isMissing)('the profile "nodes" of deploy/compose.yaml', () => {
  test('users meet across its three servers, and continue at another one when theirs is killed', async () => {
    const variables = variablesForNodes()
    const compose = readComposeFile(readDeployed('compose.yaml'), variables)
    const { environment = {} } = compose.services['buddy']!
    const folders = ['first', 'second', 'third'].map(() => newFolder())
    const prepared = await Promise.all(
      folders.map((folder) =>
        prepareServerProcess({
          ...environment,
          DATA_DIR: folder,
          TRUSTED_PROXIES: '127.0.0.1',
          BUDDY_PUBLIC_URL: 'https://localhost',
        }),
      ),
    )
    const addresses = prepared.map(({ url }) => url.replace('localhost', '127.0.0.1'))
    const NODES = addresses.map((url) => new URL(url).host).join(' ')
    const secrets = writeSecrets({ ...compose.services['secrets']!.environment, NODES })
    expect(readFileSync(join(secrets, 'coturn/turnserver.conf'), 'utf8')).toContain(
      `static-auth-secret=${variables['TURN_SECRET']}`,
    )
    const port = await startRedis(secrets)
    const redisUrl = variables['REDIS_URL']!.replace('redis:6379', `127.0.0.1:${port}`)
    onTestFinished(async () => {
      await Promise.all(prepared.map((node) => node.kill()))
    })
    // Caddy would take a server that is not ready yet for a broken one, for a second.
    const [prometheus] = await Promise.all([
      startPrometheus(join(secrets, 'prometheus')),
      ...prepared.map((node) => node.start({ REDIS_URL: redisUrl })),
    ])
    const { url, ca } = await startCaddy(...addresses)

    // Caddy gives a new connection to the server with the fewest.
    const visit = (name: string): Promise<ResumingClient> =>
      ResumingClient.join(url, name, {}, { ca, origin: url })
    const ana = await visit('Ana')
    const homeOfAna = (await usersOf(prepared)).indexOf(1)
    const bob = await visit('Bob')
    expect((await usersOf(prepared))[homeOfAna]).toBe(1)
    ana.client.enter()
    await ana.client.receive('waiting')
    bob.client.enter()
    await Promise.all([ana.matched(), bob.matched()])
    await expectTextsRelayed(ana.client, bob.client)
    const figure = async (expression: string): Promise<number> =>
      Number((await prometheus.query(expression))[0]?.value[1])
    await expect.poll(() => figure('count(up{job="buddy"} == 1)'), { timeout: 15_000 }).toBe(3)
    await expect.poll(() => figure('sum(buddy_users)'), { timeout: 15_000 }).toBe(2)
    expect(await figure('sum(buddy_redis_up)')).toBe(3)

    await prepared[homeOfAna]!.kill()
    expect((await ana.client.closed()).code).toBeGreaterThan(1000)
    await bob.client.receive('partner-away')
    bob.client.send({ type: 'text', text: 'while you are away' })
    expect(await ana.reconnect(url)).toMatchObject({ isRestored: true, name: 'Ana' })
    expect(await ana.client.receive('text')).toMatchObject({ text: 'while you are away' })
    await bob.client.receive('partner-back')
    await expectTextsRelayed(ana.client, bob.client)
    await expect.poll(() => figure('count(up{job="buddy"} == 1)'), { timeout: 15_000 }).toBe(2)
    await expect.poll(() => figure('max(buddy_nodes)'), { timeout: 15_000 }).toBe(2)
  }, 40_000)
})
