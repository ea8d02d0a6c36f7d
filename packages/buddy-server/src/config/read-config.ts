import { randomBytes } from 'node:crypto'
import type { OptionName } from './all-settings.ts'
import { settings } from './all-settings.ts'
import { closestName } from './closest-name.ts'
import { ConfigError } from './config-error.ts'
import { fileKeyOf, variableOf } from './key-names.ts'
import type { ProcessOptions } from './process-settings.ts'
import { processSettings } from './process-settings.ts'
import type { ResolvedServerOptions } from './server-settings.ts'
import type { Setting } from './setting.ts'
import { siteKeyDescriptions } from './site-settings.ts'
import type { ConfigSource } from './sources.ts'
import { environmentSource, fileSource, flagSource } from './sources.ts'

/** Everything a process is told, and by what. */
export interface Config {
  readonly options: ResolvedServerOptions
  readonly process: ProcessOptions
  /** Where each value comes from, for people: `--port`, `environment`, a file's name, `default`. */
  readonly origins: Readonly<Record<OptionName, string>>
}

/** What a configuration is read from. */
export interface ConfigInput {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Values of flags by their long name without the dashes: `{ 'max-rooms': '5' }`. */
  readonly flags?: Readonly<Record<string, string | boolean | undefined>>
}

const names = Object.keys(settings) as OptionName[]

/**
 * Reads the configuration: flags before environment before the file (`--config`, `CONFIG_FILE`)
 * before defaults.
 * @throws ConfigError naming each wrong value with what is allowed, each key that is none, and what
 *   must be set for a server that others can reach
 */
export function readConfig({ environment = {}, flags = {} }: ConfigInput): Config {
  const path = flags['config'] ?? environment['CONFIG_FILE']
  const file = typeof path === 'string' && path !== '' ? fileSource(path) : undefined
  const sources = [flagSource(flags), environmentSource(environment), ...(file ? [file] : [])]
  const mistakes = [...unknownVariables(environment), ...(file ? unknownKeys(file) : [])]
  const values: Partial<Record<OptionName, unknown>> = {}
  const origins = {} as Record<OptionName, string>
  for (const name of names) {
    const setting = settings[name]
    const given = findValue(setting, sources)
    origins[name] = given ? given.origin : 'default'
    values[name] = setting.defaultValue
    if (!given) continue
    const parsed = setting.schema.safeParse(given.raw)
    if (parsed.success) values[name] = parsed.data
    else mistakes.push(...parsed.error.issues.flatMap((issue) => describe(setting, given, issue)))
  }
  if (mistakes.length > 0) throw new ConfigError([...new Set(mistakes)].join('\n'))
  return finish(values as Record<OptionName, unknown>, origins)
}

interface Given {
  readonly raw: unknown
  readonly source: ConfigSource
  readonly origin: string
}

function findValue(setting: Setting<unknown>, sources: readonly ConfigSource[]): Given | undefined {
  for (const source of sources) {
    const raw = source.get(setting.key)
    // An empty line in a compose file means "not set", except where empty says "none".
    if (raw === undefined || raw === null || (raw === '' && !setting.acceptsEmpty)) continue
    return { raw, source, origin: source.origin(setting.key) }
  }
  return undefined
}

/** What a kind finds wrong; `params.shown` is what of the value may be repeated. */
interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
  readonly params?: { readonly shown?: string } | undefined
}

function describe(
  { key, isSecret }: Setting<unknown>,
  { raw, source }: Given,
  { path, message, keys, params }: Issue,
): string[] {
  const name =
    source.spell(key) +
    path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('')
  // A nested value may hold a password, and this ends up in logs.
  const isShown =
    !isSecret && path.length === 0 && typeof raw !== 'object' && !/^[[{]/.test(String(raw))
  const value = params?.shown ?? (isShown ? String(raw) : '…')
  if (keys) return keys.map((unknown) => `${name}.${unknown} is no setting${hintOf(unknown)}`)
  return [`${name}=${value} is not allowed: it must be ${message}`]
}

/** Which key of a site was probably meant. */
function hintOf(unknown: string): string {
  const known = closestName(unknown, Object.keys(siteKeyDescriptions))
  return known ? `: did you mean ${known}?` : ''
}

const variables = [...names.map((name) => variableOf(settings[name].key)), 'CONFIG_FILE']

/**
 * Others' variables are none of our business; one that is almost ours is a mistake. Almost means: at
 * most two edits, not in the first letter, and a name too long to be alike by chance
 * (`SSL_CERT_FILE` is not `TLS_CERT_FILE`); see docs/decisions/configuration.md.
 */
function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(environment)
    .filter((key) => key.length >= 8 && !variables.includes(key))
    .flatMap((key) => {
      const alike = variables.filter((variable) => variable[0] === key[0])
      const known = closestName(key, alike, 2)
      return known ? [`${key} is no setting: did you mean ${known}?`] : []
    })
}

function unknownKeys({ keys, label }: { keys: readonly string[]; label: string }): string[] {
  const known = names.map((name) => fileKeyOf(settings[name].key))
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => {
      const hint = closestName(key, known)
      return `${key} in ${label} is no setting${hint ? `: did you mean ${hint}?` : ''}`
    })
}

const placeholder =
  /^<.*>$|change.?me|replace.?me|placeholder|your.?secret|example|0123456789|1234567890|password/i

const isWeak = (secret: string): boolean => placeholder.test(secret) || new Set(secret).size < 8

/** Adds what a trial needs, or refuses what only a trial may lack. */
function finish(values: Record<OptionName, unknown>, origins: Record<OptionName, string>): Config {
  const processNames = new Set(Object.keys(processSettings.Process))
  const pick = (isProcess: boolean): object =>
    Object.fromEntries(
      Object.entries(values).filter(([name]) => processNames.has(name) === isProcess),
    )
  let options = pick(false) as ResolvedServerOptions
  const process = pick(true) as ProcessOptions
  const mistakes = togetherMistakes(options)
  if (process.isDev) {
    options = {
      ...options,
      secretKey: options.secretKey || randomBytes(32).toString('base64url'),
      ...(origins.host === 'default' && { host: '127.0.0.1' }),
      ...(origins.shutdownTimeoutMs === 'default' && { shutdownTimeoutMs: 0 }),
    }
  } else mistakes.push(...missingForOthers(options, origins))
  if (mistakes.length > 0) throw new ConfigError(mistakes.join('\n'))
  return { options, process, origins }
}

/** Settings that go only together. */
function togetherMistakes(options: ResolvedServerOptions): string[] {
  const mistakes: string[] = []
  const { tlsCertFile, tlsKeyFile, turnUrls, turnSecret, webhookUrl, webhookSecret } = options
  if (!tlsCertFile !== !tlsKeyFile) {
    mistakes.push('TLS_CERT_FILE and TLS_KEY_FILE go together: set both, or neither')
  }
  if (turnUrls.length > 0 && turnSecret === '') {
    mistakes.push('TURN_URLS needs TURN_SECRET: what the TURN servers share with this one')
  }
  for (const site of options.sites) {
    const urls = site.turnUrls ?? turnUrls
    const secret = site.turnSecret ?? turnSecret
    if (urls.length > 0 && secret === '' && site.turnUrls) {
      mistakes.push(`turn_urls of site ${site.key} needs a turn_secret`)
    }
  }
  if (webhookUrl && !webhookSecret) {
    mistakes.push('WEBHOOK_URL needs WEBHOOK_SECRET: a receiver must be able to tell who posts')
  }
  if (options.trustedProxyHops > 0 && options.trustedProxies.length > 0) {
    mistakes.push('TRUSTED_PROXY_HOPS and TRUSTED_PROXIES say the same in two ways: set one')
  }
  return mistakes
}

/** What a server that others can reach may not lack. */
function missingForOthers(
  options: ResolvedServerOptions,
  origins: Readonly<Record<OptionName, string>>,
): string[] {
  const mistakes: string[] = []
  if (options.secretKey === '') {
    mistakes.push(
      'SECRET_KEY is not set: set it to a random text (`buddy-server generate-keys` makes one), or try it with --dev',
    )
  }
  const secrets: readonly (readonly [string, string | undefined])[] = [
    ['SECRET_KEY', options.secretKey],
    ['ADMIN_TOKEN', options.adminToken],
    ['TURN_SECRET', options.turnSecret],
    ['WEBHOOK_SECRET', options.webhookSecret],
    ...options.sites.flatMap(({ key, secret, turnSecret }) => [
      [`secret of site ${key}`, secret] as const,
      [`turn_secret of site ${key}`, turnSecret] as const,
    ]),
  ]
  for (const [name, secret] of secrets) {
    if (secret && isWeak(secret)) {
      mistakes.push(
        `${name} looks like a placeholder: set a random text (\`buddy-server generate-keys\` makes one)`,
      )
    }
  }
  if (options.allowedOrigins.includes('*')) {
    const what = origins.allowedOrigins === 'default' ? 'is not set' : 'is open to every page'
    mistakes.push(
      `ALLOWED_ORIGINS ${what}: set it to the pages that embed Buddy, such as https://www.example.org (self: the page this server serves), or try it with --dev`,
    )
  }
  for (const { key, allowedOrigins } of options.sites) {
    if (allowedOrigins.includes('*')) {
      mistakes.push(`allowed_origins of site ${key} is open to every page: name its pages`)
    }
  }
  return mistakes
}
