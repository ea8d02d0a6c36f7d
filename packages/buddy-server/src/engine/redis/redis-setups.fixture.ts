// Set-ups of several Redis servers, a server with TLS, and a user with few rights.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, RedisServer } from './redis-server.fixture.ts'

/** Several servers, and the URL for all of them. */
export interface RedisSetup {
  readonly url: string
  readonly servers: readonly RedisServer[]
  stop(): Promise<void>
}

const redisPage = join(import.meta.dirname, '../../../../../docs/redis.md')

/** The command by which `docs/redis.md` creates a user with the rights that Buddy needs. */
const rightsCommand = (/^ACL SETUSER buddy .*$/m.exec(readFileSync(redisPage, 'utf8')) ?? [''])[0]

/** Creates the user of `docs/redis.md` in a server. Its password has characters with a meaning in URLs. */
export function restrictedUser(server: RedisServer): { readonly url: string } {
  server.run(...rightsCommand.replace('>password', '>p@ss:w/rd%').split(' '))
  return { url: `redis://buddy:${encodeURIComponent('p@ss:w/rd%')}@127.0.0.1:${server.port}` }
}

/** Starts a cluster of three masters without replicas. The last one has the keys of a service with one shard. */
export async function startCluster(): Promise<RedisSetup> {
  const servers = await Promise.all(
    [0, 1, 2].map(async () => {
      const busPort = String(await freePort())
      const flags = ['--cluster-enabled', 'yes', '--cluster-port', busPort]
      return RedisServer.start(...flags)
    }),
  )
  const places = servers.map(({ port }) => `127.0.0.1:${port}`)
  execFileSync('redis-cli', ['--cluster', 'create', ...places, '--cluster-yes'], { stdio: 'pipe' })
  await until(() => servers.every((server) => server.run('CLUSTER', 'INFO').includes('state:ok')))
  return {
    url: `redis-cluster://${places.join(',')}`,
    servers,
    stop: () => stopAll(servers),
  }
}

/** Starts a master (the first server), its replica, and a Sentinel. */
export async function startSentinel(): Promise<RedisSetup> {
  const master = await RedisServer.start('--repl-diskless-sync-delay', '0')
  const replica = await RedisServer.start('--replicaof', `127.0.0.1 ${master.port}`)
  await until(() => replica.run('INFO', 'replication').includes('master_link_status:up'))
  const folder = mkdtempSync(join(tmpdir(), 'buddy-sentinel-'))
  const file = join(folder, 'sentinel.conf')
  writeFileSync(
    file,
    [
      `sentinel monitor mymaster 127.0.0.1 ${master.port} 1`,
      'sentinel down-after-milliseconds mymaster 500',
      'sentinel failover-timeout mymaster 5000',
    ].join('\n'),
  )
  const sentinel = await RedisServer.startSentinel(file)
  await until(() => sentinel.run('SENTINEL', 'REPLICAS', 'mymaster').includes(String(replica.port)))
  const servers = [master, replica, sentinel]
  return {
    url: `redis-sentinel://127.0.0.1:1,127.0.0.1:${sentinel.port}/mymaster`,
    servers,
    async stop() {
      await stopAll(servers)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Starts a server that accepts TLS with a self-signed certificate for `localhost` and `127.0.0.1`. */
export async function startTls(): Promise<RedisSetup & { readonly caFile: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-redis-tls-'))
  const [key, caFile] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const certificate = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ]
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync(
    'openssl',
    ['req', '-x509', ...certificate, '-keyout', key, '-out', caFile, ...names],
    {
      stdio: 'pipe',
    },
  )
  const port = await freePort()
  const files = ['--tls-cert-file', caFile, '--tls-key-file', key, '--tls-ca-cert-file', caFile]
  const tls = ['--tls-port', String(port), '--tls-auth-clients', 'no']
  const server = await RedisServer.start(...tls, ...files)
  return {
    url: `rediss://localhost:${port}`,
    caFile,
    servers: [server],
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function stopAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
}

/** Polls until the servers agree on their roles. Redis has no event for that. */
async function until(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise((resolve) => setTimeout(resolve, 50))
}
