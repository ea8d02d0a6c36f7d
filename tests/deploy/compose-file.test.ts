// deploy/compose.yaml follows the Compose specification, agrees with the files beside it, and gives the server
// settings with which it starts.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { BlockList } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DCLinter } from 'dclint'
import { afterAll, expect, test } from 'vitest'
import {
  turnConfig,
  turnConfigDefaults,
} from '../../packages/buddy-server/src/commands/turn-config.ts'
import { settings } from '../../packages/buddy-server/src/config/all-settings.ts'
import { variableOf } from '../../packages/buddy-server/src/config/key-names.ts'
import { readConfig } from '../../packages/buddy-server/src/config/read-config.ts'
import type { Config } from '../../packages/buddy-server/src/config/read-config.ts'
import {
  deployFolder,
  readComposeFile,
  readDeployed,
  readVariables,
  referencesIn,
} from './compose-settings.ts'

const text = readDeployed('compose.yaml')
const secretNames = [
  'SECRET_KEY',
  'ADMIN_TOKEN',
  'TURN_SECRET',
  'GRAFANA_PASSWORD',
  'REDIS_PASSWORD',
]

const work = mkdtempSync(join(tmpdir(), 'buddy-deploy-'))
afterAll(() => rmSync(work, { recursive: true }))

/** Makes a copy of the folder, without settings of the machine on which the tests run. */
function copyOfFolder(): string {
  const copy = mkdtempSync(join(work, 'copy-'))
  cpSync(deployFolder, copy, { recursive: true })
  rmSync(join(copy, '.env'), { force: true })
  return copy
}

/** Runs new-env.sh in a copy of the folder. */
function newEnv(
  copy: string,
  ...args: readonly string[]
): { status: number | null; stderr: string } {
  return spawnSync(join(copy, 'new-env.sh'), args, { encoding: 'utf8' })
}

/** Returns the variables of a new .env. */
function newVariables(...args: readonly string[]): Readonly<Record<string, string>> {
  const copy = copyOfFolder()
  expect(newEnv(copy, 'chat.example.org', '203.0.113.10', ...args)).toMatchObject({ status: 0 })
  return readVariables(readFileSync(join(copy, '.env'), 'utf8'))
}

const single = newVariables('self,https://*.example.org')
/** The variables for three servers: the lines of .env.example that start with `# ` replace the others. */
const severalLines = [
  ...readDeployed('.env.example').matchAll(/^# ((?:COMPOSE_PROFILES|NODES|REDIS_URL)=.*)$/gm),
].map(([, line = '']) => line)
const variables = { ...single, ...readVariables(severalLines.join('\n')) }
const compose = readComposeFile(text, variables)
const services = Object.entries(compose.services)
const { buddy, caddy, secrets } = compose.services

/** Returns the configuration of the server in the file. */
const configOf = (environment: Readonly<Record<string, string>>): Config =>
  readConfig({ environment, flags: {} })

/** Returns what the linter reports, without its opinions on the order of keys, and on quotes. */
function lint(changed: string): readonly string[] {
  const file = join(mkdtempSync(join(work, 'lint-')), 'compose.yaml')
  writeFileSync(file, changed)
  const rules = {
    'service-keys-order': 0,
    'services-alphabetical-order': 0,
    'top-level-properties-order': 0,
    'no-quotes-in-volumes': 0,
    // The ports of Caddy are for everyone; a test below allows no others.
    'no-unbound-port-interfaces': 0,
  } as const
  const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] })
  // The types of dclint do not resolve in strict projects.
  const results = linter.lintFiles([file], false) as readonly {
    readonly messages: readonly { readonly rule: string; readonly message: string }[]
  }[]
  return results.flatMap(({ messages }) =>
    messages.map(({ rule, message }) => `${rule}: ${message}`),
  )
}

test('follows the schema of the Compose specification, and the rules of dclint', () => {
  expect(lint(text)).toEqual([])
})

test.for([
  ['a misspelt field', 'mem_limit:', 'memory_limt:'],
  ['a value of the wrong type', 'read_only: true', 'read_only: [yes]'],
  ['two services with one name', '\n  coturn:\n', '\n  caddy:\n'],
] as const)('the schema refuses %s', ([, is, becomes]) => {
  expect(text).toContain(is)
  expect(lint(text.replace(is, becomes))).not.toEqual([])
})

test('refers to each variable of .env.example, and to no other', () => {
  expect([...referencesIn(text)].sort()).toEqual(
    Object.keys(readVariables(readDeployed('.env.example')))
      // Compose itself reads it.
      .filter((name) => name !== 'COMPOSE_PROFILES')
      .sort(),
  )
})

// One server needs no Redis.
const optional = new Set(['REDIS_URL', 'REDIS_PASSWORD'])
test.for([...referencesIn(text)].filter((name) => !optional.has(name)))(
  'is refused if %s is empty',
  (name) => {
    expect(() => readComposeFile(text, { ...variables, [name]: '' })).toThrow(
      `required variable ${name}`,
    )
  },
)

test('.env.example contains no secret', () => {
  const example = readVariables(readDeployed('.env.example'))
  expect(secretNames.map((name) => example[name])).toEqual(['', '', '', '', ''])
})

test('new-env.sh writes different secrets each time, in a file that only its owner can read', () => {
  const copy = copyOfFolder()
  newEnv(copy, 'chat.example.org', '203.0.113.10')
  expect(statSync(join(copy, '.env')).mode & 0o777).toBe(0o600)
  const other = newVariables()
  const all = [variables, other].flatMap((each) => secretNames.map((name) => each[name]))
  expect(new Set(all).size).toBe(10)
  for (const secret of all) expect(secret).toMatch(/^[0-9a-f]{64}$/)
  expect(other).toMatchObject({ BUDDY_HOST: 'chat.example.org', ALLOWED_ORIGINS: 'self' })
})

test('new-env.sh does not replace a file, and refuses values that are no names, addresses or origins', () => {
  const copy = copyOfFolder()
  expect(newEnv(copy, 'chat.example.org').stderr).toContain('usage:')
  expect(newEnv(copy, 'chat.example.org', '1.2.3.4|x').stderr).toContain(
    "'1.2.3.4|x' has a character",
  )
  expect(existsSync(join(copy, '.env'))).toBe(false)
  newEnv(copy, 'chat.example.org', '203.0.113.10')
  const before = readFileSync(join(copy, '.env'), 'utf8')
  expect(newEnv(copy, 'other.example.org', '203.0.113.11')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('exists'),
  })
  expect(readFileSync(join(copy, '.env'), 'utf8')).toBe(before)
})

test('gives the server a valid configuration, and the service of the secrets the same', () => {
  const { options, process, origins } = configOf(buddy!.environment!)
  expect(process.publicUrl).toBe('https://chat.example.org')
  const known = Object.values(settings).map(({ key }) => variableOf(key))
  expect(known).toEqual(expect.arrayContaining(Object.keys(buddy!.environment!)))
  expect(options).toMatchObject({
    secretKey: variables['SECRET_KEY'],
    allowedOrigins: ['self', 'https://*.example.org'],
    maxUsers: 2000,
  })
  for (const name of ['turnUrls', 'turnSecret', 'adminToken', 'trustedProxies'] as const) {
    expect(origins[name], name).not.toBe('default')
  }
  const { PUBLIC_IP, RELAY_PORTS, NODES, REDIS_PASSWORD, ...shared } = secrets!.environment!
  expect([NODES, REDIS_PASSWORD]).toEqual([variables['NODES'], variables['REDIS_PASSWORD']])
  expect(shared).toEqual(buddy!.environment)
  expect(
    turnConfig(options, {
      ...turnConfigDefaults,
      externalIp: PUBLIC_IP!,
      relayPorts: RELAY_PORTS!,
    }),
  ).toContain(`static-auth-secret=${variables['TURN_SECRET']}`)
})

test('the server trusts the address of Caddy only, which no other service gets', () => {
  const networks = caddy!.networks as Readonly<Record<string, { ipv4_address?: string }>>
  const address = networks['web']!.ipv4_address!
  expect(buddy!.environment!['TRUSTED_PROXIES']).toBe(address)
  const [{ subnet, ip_range: range }] = compose.networks['web']!.ipam!.config as [
    { subnet: string; ip_range: string },
  ]
  const contains = (cidr: string): boolean => {
    const [network = '', prefix] = cidr.split('/')
    const list = new BlockList()
    list.addSubnet(network, Number(prefix))
    return list.check(address)
  }
  expect([contains(subnet), contains(range)]).toEqual([true, false])
})

test('the server has more time to stop than it takes', () => {
  const seconds = Number(/^(\d+)s$/.exec(buddy!.stop_grace_period!)![1])
  // Webhooks have two more seconds.
  expect(seconds).toBeGreaterThan(Number(buddy!.environment!['SHUTDOWN_TIMEOUT_SECONDS']) + 2)
})

test('three servers differ in their names and volumes only, and share Redis with the password of .env', () => {
  const names = variables['NODES']!.split(' ').map((node) => node.replace(':3000', ''))
  expect(names).toEqual(['buddy', 'buddy-2', 'buddy-3'])
  const nodes = names.map((name) => {
    const { volumes, profiles, hostname, ...rest } = compose.services[name]! as typeof buddy & {
      profiles?: readonly string[]
      hostname?: string
    }
    expect([profiles, hostname, volumes]).toEqual([
      name === 'buddy' ? undefined : ['nodes'],
      name,
      [`${name}-data:/data`],
    ])
    return rest
  })
  for (const node of nodes) expect(node).toEqual(nodes[0])
  expect(configOf(buddy!.environment!).options.redisUrl).toBe(
    'redis://:password-of-redis@redis:6379',
  )
  expect(
    configOf(readComposeFile(text, single).services['buddy']!.environment!).options,
  ).toMatchObject({
    redisUrl: '',
  })
  expect(compose.services['redis']).toMatchObject({ profiles: ['nodes'], networks: ['redis'] })
})

test('Redis keeps everything, and refuses writes rather than delete sessions', () => {
  const config = readDeployed('redis.conf')
  for (const line of [
    'maxmemory-policy noeviction',
    'appendonly yes',
    'include /secrets/password.conf',
  ]) {
    expect(config.split('\n')).toContain(line)
  }
})

test('only Caddy and coturn are reachable from other machines', () => {
  const exposed = services.filter(
    ([, { ports = [], network_mode }]) =>
      network_mode === 'host' || ports.some((port) => !port.startsWith('127.0.0.1:')),
  )
  expect(exposed.map(([name]) => name)).toEqual(['caddy', 'coturn'])
})

test.for(services)('%s has a fixed image, no privileges, and limits', ([name, service]) => {
  expect(service).toMatchObject({
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    pids_limit: expect.any(Number),
    mem_limit: expect.stringMatching(/^\d+[mg]$/),
    restart: name === 'secrets' ? 'on-failure:3' : 'unless-stopped',
    logging: { options: { 'max-size': expect.any(String), 'max-file': expect.any(String) } },
  })
  if (!name.startsWith('buddy') && name !== 'secrets')
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+(-alpine)?$/)
  for (const volume of service.volumes ?? []) {
    const [source = ''] = volume.split(':')
    if (source.startsWith('.')) expect(existsSync(join(deployFolder, source)), source).toBe(true)
    else expect(Object.keys(compose.volumes)).toContain(source)
  }
})

test('the files for the containers can be read by their users', () => {
  const files = execFileSync('find', [
    deployFolder,
    '-type',
    'f',
    '!',
    '-name',
    '.env',
    '!',
    '-perm',
    '-444',
  ])
  expect(String(files)).toBe('')
})

test('Grafana finds the dashboard in the folder that its provider names', () => {
  const [, folder] = /path: (\S+)/.exec(readDeployed('grafana/dashboards/buddy.yaml'))!
  const mounts = compose.services['grafana']!.volumes!
  expect(mounts).toContain(`../docs/grafana:${folder}:ro`)
})
