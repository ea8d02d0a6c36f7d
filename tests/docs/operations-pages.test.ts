// The settings, metrics, log lines and codes on the pages for operators exist in the code.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ErrorCode } from '@buddy-chat/protocol'
import { createBuddyServer } from '@buddy-chat/server'
import { Command } from 'commander'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { addCheckConfig } from '../../packages/buddy-server/src/commands/check-config.ts'
import { addDoctor } from '../../packages/buddy-server/src/commands/doctor.ts'
import { addAudit } from '../../packages/buddy-server/src/commands/audit.ts'
import { addModeration } from '../../packages/buddy-server/src/commands/moderation.ts'
import { addInit } from '../../packages/buddy-server/src/commands/init.ts'
import {
  addTurnConfig,
  turnConfigDefaults,
} from '../../packages/buddy-server/src/commands/turn-config.ts'
import { generateKeys } from '../../packages/buddy-server/src/config/generate-keys.ts'
import type { Config } from '../../packages/buddy-server/src/config/read-config.ts'
import { readConfig } from '../../packages/buddy-server/src/config/read-config.ts'
import { settings } from '../../packages/buddy-server/src/config/all-settings.ts'
import { siteKeyDescriptions } from '../../packages/buddy-server/src/config/site-settings.ts'
import { fileKeyOf, flagOf } from '../../packages/buddy-server/src/config/key-names.ts'
import { webhookEvents } from '../../packages/buddy-server/src/config/webhook-events.ts'
import { checkNames } from '../../packages/buddy-server/src/doctor/finding.ts'
import { createTokenVerifier } from '../../packages/buddy-server/src/sites/site-token.ts'

const page = ['operations', 'monitoring', 'limits', 'webhooks', 'moderation']
  .map((name) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8'))
  .join('\n')
const keys = Object.values(settings).map(({ key }) => key)

/** Returns the code blocks of one language. */
const blocks = (kind: string): string[] =>
  [...page.matchAll(/^```([^\n]*)\n([^`]*)^```/gm)].flatMap(([, info, body]) =>
    info === kind ? [body!] : [],
  )
/** All code on the pages, both blocks and inline code. */
const code = [...page.matchAll(/^```[^\n]*\n[^`]*^```|`[^`\n]+`/gm)].join('\n')
/** Returns the first cell of each row of the table with this first header, without backquotes. */
function firstCells(header: string): string[] {
  const rows = page.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  const start = rows.findIndex(([, first]) => first === header)
  const length = rows.slice(start).findIndex(({ length: cells }) => cells === 1)
  return rows.slice(start + 2, start + length).map(([, first]) => first!.replaceAll('`', ''))
}

const folder = mkdtempSync(join(tmpdir(), 'buddy-operations-pages-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Reads a configuration file with generated keys in the environment. */
function read(yaml: string): Config {
  const path = join(folder, 'buddy.yaml')
  writeFileSync(path, yaml)
  const generated = generateKeys()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  return readConfig({ environment: Object.fromEntries(generated), flags: { config: path } })
}

const siteSecret = 'f3c1b7a09d5e42868b0d4c7fae61953271e0'
/** Inserts the secret, as the `sed` command on the page does. */
const filledIn = (yaml: string): string => yaml.replace('FORUM_SECRET', siteSecret)
const [main = '', ...changes] = blocks('yaml')

test('the configuration file with two sites is invalid without the secret of the site, and valid with it', () => {
  expect(() => read(main)).toThrow('sites[1].secret=… is not allowed')
  const { options } = read(filledIn(main))
  expect(options.sites.map(({ key, secret }) => [key, secret])).toEqual([
    ['magazine', undefined],
    ['forum', siteSecret],
  ])
})

test.for(changes)('the configuration file is valid with this change: %s', (change) => {
  const { host, trusted_proxies, ...rest } = parse(filledIn(main))
  const isWithoutProxy = change.includes('tls_cert_file')
  const proxy = isWithoutProxy ? {} : { host, trusted_proxies }
  expect(() => read(stringify({ ...rest, ...proxy, ...parse(change) }))).not.toThrow()
})

test('the snippet for site tokens signs a token that the server accepts', async () => {
  const snippet = blocks('js').find((block) => block.includes('SignJWT'))!
  const body = snippet
    .replace(/^import .*\n/m, '')
    .replace('process.env.FORUM_SECRET', 'siteSecret')
    .replace('export function', 'return function')
  const make = new Function('SignJWT', 'siteSecret', body) as (
    ...given: [typeof SignJWT, string]
  ) => (member: { id: string; name: string }) => Promise<string>
  const token = await make(SignJWT, siteSecret)({ id: '4711', name: 'Ana' })
  const verify = createTokenVerifier('forum', {
    secret: siteSecret,
    attributes: [],
    ageBands: [],
  })
  expect(await verify(token)).toMatchObject({ subject: '4711', name: 'Ana', lobby: undefined })
})

/** Names of variables and constants of other programs. */
const foreign = new Set(['FORUM_SECRET', 'MAINPID', 'AF_INET', 'AF_INET6', 'AF_UNIX'])

test('every environment variable on the pages exists', () => {
  const alerts = readFileSync(new URL('../../deploy/alerts.yaml', import.meta.url), 'utf8')
  expect(firstCells('alert')).toEqual([...alerts.matchAll(/alert: (\w+)/g)].map(([, name]) => name))
  const named = [...(code + alerts).matchAll(/\b[A-Z][A-Z\d]*_[A-Z\d_]+\b/g)].map(([name]) => name)
  const known = new Set([...keys, 'CONFIG_FILE'])
  const unknown = named.filter(
    (name) => !known.has(name) && !foreign.has(name) && !name.startsWith('CAP_'),
  )
  expect(unknown).toEqual([])
  expect(new Set(named).size).toBeGreaterThan(15)
})

const program = new Command()
addInit(program, () => ({}))
addTurnConfig(program, () => ({}))
addCheckConfig(program, () => ({}))
addDoctor(program, () => ({}))
addModeration(program, () => ({}))
addAudit(program, () => ({}))
/** The sub-commands that have flags of their own. */
const { commands } = program

test('every flag of buddy-server on the pages exists', () => {
  const ownFlags = [...commands, ...commands.flatMap((command) => command.commands)].flatMap(
    ({ options }) => options.map(({ long }) => long!.slice(2)),
  )
  const lines = [
    ...page.split('\n').filter((line) => /^\s*buddy-server /.test(line)),
    ...page.matchAll(/`(--[^`]+)`/g),
  ]
  const flags = lines.flatMap((line) => [...String(line).matchAll(/--([a-z-]+)/g)])
  const known = new Set(['config', ...ownFlags, ...keys.map(flagOf)])
  expect(flags.map(([, flag]) => flag!).filter((flag) => !known.has(flag))).toEqual([])
  expect(flags.length).toBeGreaterThan(3)
})

let metrics = ''
let status: object
beforeAll(async () => {
  const server = createBuddyServer({ port: 0, host: '127.0.0.1', iceServers: [] })
  const { url } = await server.listen()
  metrics = await (await fetch(`${url}/metrics`)).text()
  status = server.status()
  await server.close()
})

test('every attribute of the element on the pages exists', () => {
  const element = readFileSync(new URL('../../docs/element.md', import.meta.url), 'utf8')
  const used = [...page.matchAll(/<buddy-chat([^>]*)>/g)].flatMap(([, attributes = '']) =>
    [...attributes.matchAll(/([a-z]+)(?:="[^"]*")?(?=\s|$)/g)].map(([, name]) => name!),
  )
  expect(used).toContain('site')
  expect(used.filter((name) => !element.includes(`\`${name}\``))).toEqual([])
})

test('every key in lower case on the pages is a setting, or a field of /status or of a webhook', () => {
  const named = [...page.matchAll(/`([a-z]+(?:_[a-z]+)+)(?::[^`]*)?`/g)].map(([, name]) => name!)
  const known = new Set([
    ...keys.map(fileKeyOf),
    ...Object.keys(siteKeyDescriptions),
    ...Object.keys(status),
    // Fields of /status with several servers.
    'crowd_users',
    'has_other_key',
    'last_beat_ms',
    'duration_ms',
    'until_ms',
    'has_still',
    'appeal_url',
    // A claim of site tokens.
    'age_band',
    // A field of /readyz.
    'redis_shards_down',
    // A field of /client-address.
    'forwarded_for',
    // Settings of nginx.
    'proxy_pass',
    'proxy_read_timeout',
    'worker_connections',
  ])
  const unknown = named.filter((name) => !known.has(name) && !/^(buddy|nodejs|process)_/.test(name))
  expect(unknown).toEqual([])
})

test('the table of metrics contains every metric of a server with its type, and no other', () => {
  const exposed = [...metrics.matchAll(/^# TYPE (buddy_\w+) (\w+)$/gm)].map(
    ([, name, kind]) => `${name} ${kind}`,
  )
  const listed = [...page.matchAll(/^\| `(buddy_\w+)`\s*\| (\w+)/gm)].map(
    ([, name, kind]) => `${name} ${kind}`,
  )
  expect(exposed.length).toBeGreaterThan(20)
  expect(listed.sort()).toEqual(exposed.sort())
})

/** Returns the messages in the sources of the server: the last text in each call of the log. */
function loggedMessages(): string[] {
  const folder = new URL('../../packages/buddy-server/src/', import.meta.url)
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  return sources.flatMap((source) =>
    source
      .split(/\blog\.(?:info|warn|error)\(/i)
      .slice(1)
      .map((call) => {
        let depth = 1
        let end = 0
        for (; depth > 0; end++) depth += { '(': 1, ')': -1 }[call[end]!] ?? 0
        return [...call.slice(0, end).matchAll(/'([^']+)'|`([^`]+)`/g)].at(-1)
      })
      .flatMap((found) => found?.[1] ?? found?.[2] ?? [])
      .map((message) => message.replace('${level}', '80')),
  )
}

test('the table of log lines contains every line that a server writes', () => {
  const listed = [...page.matchAll(/^\| (`[^|]+)\| (?:info|warn|error)/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, message]) => message!),
  )
  const logged = loggedMessages()
  expect(logged.length).toBeGreaterThan(20)
  expect(logged.filter((message) => !listed.some((known) => message.startsWith(known)))).toEqual([])
})

test('every metric in an alert and elsewhere on the pages exists', () => {
  const exposed = new Set([...metrics.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name!))
  const named = [...code.matchAll(/\b(?:buddy|nodejs)_[a-z\d_]+[a-z\d]\b/g)].map(([name]) => name)
  expect(named.filter((name) => !exposed.has(name))).toEqual([])
})

test('the pages list the codes of refusals, the events of webhooks and the fields of /status', () => {
  const refused: readonly ErrorCode[] = [
    'server-full',
    'too-many-connections',
    'origin-not-allowed',
    'unknown-site',
    'token-required',
    'token-invalid',
    'token-expired',
    'token-wrong-site',
    'banned',
    'proof-required',
    'refused',
    'unsupported-version',
  ]
  expect(firstCells('code')).toEqual(refused)
  expect(firstCells('event')).toEqual(webhookEvents)
  const printed = blocks('json').find((block) => block.includes('uptime_seconds'))!
  const { sites, ...figures } = JSON.parse(printed) as { sites: unknown[] }
  expect(sites).toHaveLength(1)
  expect(Object.keys(figures)).toEqual(Object.keys(status))
})

test.for(blocks('sh'))('has valid shell syntax: %s', (block) => {
  const { status, stderr } = spawnSync('sh', ['-n'], { input: block, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
})

test('the commands copy certificates and the admin token to the paths that each program reads, for its user', () => {
  const hooks = blocks('sh').filter((block) => block.includes('renewal-hooks/deploy'))
  const copies = hooks.map((block) =>
    /^install -o (\w+) -g \1 -m 600 .*fullchain.pem .*privkey.pem (\S+)$/m.exec(block)!,
  )
  const server = blocks('yaml').find((block) => block.includes('tls_cert_file'))!
  expect(copies.map(([, user, folder]) => [user, folder])).toEqual([
    ['buddy', /^tls_cert_file: (.*)\/fullchain.pem$/m.exec(server)![1]],
    ['turnserver', /^(.*)\/fullchain.pem$/.exec(turnConfigDefaults.turnCert)![1]],
  ])
  const [prometheus = ''] = blocks('yaml prometheus')
  const tokenFile = /credentials_file: (.*)/.exec(prometheus)![1]!
  const step = blocks('sh').find((block) => block.includes('promtool'))!
  expect(step).toMatch(
    new RegExp(`umask 077 && .* > ${tokenFile}\\)\nchown prometheus ${tokenFile}\n`),
  )
})

test('nginx redirects http to https', () => {
  const [nginx = ''] = blocks('nginx')
  expect(nginx).toMatch(/listen 80;[^}]*return 301 https:/)
})

test.for(['init', 'turn-config', 'doctor'])(
  'the page lists the flags of %s with their defaults',
  (name) => {
    const listed = firstCells(`flag of \`${name}\``).flatMap((cell) => cell.split(', '))
    const { options } = commands.find((command) => command.name() === name)!
    expect(listed.sort()).toEqual(options.map(({ long }) => long).sort())
    for (const { defaultValue } of options) {
      if (defaultValue !== undefined) expect(page).toContain(`default \`${String(defaultValue)}\``)
    }
  },
)

test('the page lists the checks of the doctor', () => {
  expect(firstCells('check')).toEqual(checkNames)
})
