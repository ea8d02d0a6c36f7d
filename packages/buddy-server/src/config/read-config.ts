import { randomBytes } from 'node:crypto'
import type { OptionName } from './all-settings.ts'
import { settings } from './all-settings.ts'
import { closestName } from './closest-name.ts'
import { ConfigError } from './config-error.ts'
import { dataDirWithoutKey } from './data-dir.ts'
import { redisShardsFault, redisWithoutKey } from './redis-settings.ts'
import { fileKeyOf, variableOf } from './key-names.ts'
import type { ProcessOptions } from './process-settings.ts'
import { processSettings } from './process-settings.ts'
import type { ResolvedServerOptions } from './server-settings.ts'
import type { Setting } from './setting.ts'
import { siteKeyDescriptions } from './site-settings.ts'
import type { ConfigSource } from './sources.ts'
import { environmentSource, fileSource, flagSource } from './sources.ts'

/** The whole configuration of a process. */
export interface Config {
  readonly options: ResolvedServerOptions
  readonly process: ProcessOptions
  /**
   * Where each value comes from. It is a flag such as `--port`, `environment`, the name of a file, or
   * `default`.
   */
  readonly origins: Readonly<Record<OptionName, string>>
}

/** The input of {@link readConfig}, in addition to the configuration file. */
export interface ConfigInput {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The values of flags, by their long names without the dashes, such as `{ 'max-rooms': '5' }`. */
  readonly flags?: Readonly<Record<string, string | boolean | undefined>>
}

const names = Object.keys(settings) as OptionName[]

/**
 * Reads the configuration. Flags override the environment, the environment overrides the file
 * (`--config` or `CONFIG_FILE`), and the file overrides the defaults.
 * @throws ConfigError with a line for each invalid value, each unknown key, and each setting that is
 *   missing on a server that others can reach
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
    // `PORT=` in a compose file means "not set". A few settings accept an empty text, which means "none".
    if (raw === undefined || raw === null || (raw === '' && !setting.acceptsEmpty)) continue
    return { raw, source, origin: source.origin(setting.key) }
  }
  return undefined
}

/**
 * Returns the error messages for an invalid value. `params.shown` is the part of the value that a message may
 * show.
 */
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
  // A value that is not a simple one is not shown, because messages end up in logs, and it may contain a
  // password.
  const isShown =
    !isSecret && path.length === 0 && typeof raw !== 'object' && !/^[[{]/.test(String(raw))
  const value = params?.shown ?? (isShown ? String(raw) : '…')
  if (keys) {
    const known = Object.keys(siteKeyDescriptions)
    return keys.map((key) => unknownSetting(`${name}.${key}`, closestName(key, known)))
  }
  return [`${name}=${value} is not allowed: ${message}`]
}

const unknownSetting = (name: string, closest: string | undefined): string =>
  `unknown setting ${name}${closest ? `: did you mean ${closest}?` : ''}`

const variables = [...names.map((name) => variableOf(settings[name].key)), 'CONFIG_FILE']

/**
 * Returns an error for each variable whose name is almost that of a setting, because it is probably mistyped.
 * Variables of other programs are ignored. "Almost" means at most two edits and the same first letter (so
 * `SSL_CERT_FILE` is not taken for `TLS_CERT_FILE`), in a name of at least eight letters, because shorter
 * names are similar by chance. See docs/decisions/configuration.md.
 */
function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(environment)
    .filter((key) => key.length >= 8 && !variables.includes(key))
    .flatMap((key) => {
      const alike = variables.filter((variable) => variable[0] === key[0])
      const known = closestName(key, alike, 2)
      return known ? [unknownSetting(key, known)] : []
    })
}

function unknownKeys({ keys, label }: { keys: readonly string[]; label: string }): string[] {
  const known = names.map((name) => fileKeyOf(settings[name].key))
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => unknownSetting(`${key} in ${label}`, closestName(key, known)))
}

const placeholder =
  /^<.*>$|change.?me|replace.?me|placeholder|your.?secret|example|0123456789|1234567890|password/i

const isWeak = (secret: string): boolean => placeholder.test(secret) || new Set(secret).size < 8

/**
 * In trial mode (`--dev`), replaces missing settings by values for a trial. Otherwise, missing settings are
 * mistakes.
 */
function finish(values: Record<OptionName, unknown>, origins: Record<OptionName, string>): Config {
  const processNames = new Set(Object.keys(processSettings.Process))
  const pick = (isProcess: boolean): object =>
    Object.fromEntries(
      Object.entries(values).filter(([name]) => processNames.has(name) === isProcess),
    )
  let options = pick(false) as ResolvedServerOptions
  const process = pick(true) as ProcessOptions
  const mistakes = combinationMistakes(options)
  if (process.isDev) {
    options = {
      ...options,
      secretKey: options.secretKey || randomBytes(32).toString('base64url'),
      ...(origins.host === 'default' && { host: '127.0.0.1' }),
      ...(origins.shutdownTimeoutMs === 'default' && { shutdownTimeoutMs: 0 }),
    }
  } else mistakes.push(...publicServerMistakes(options, origins))
  if (mistakes.length > 0) throw new ConfigError(mistakes.join('\n'))
  return { options, process, origins }
}

/** Returns an error for each pair of settings of which one lacks the other, or which exclude each other. */
function combinationMistakes(options: ResolvedServerOptions): string[] {
  const mistakes: string[] = []
  const { tlsCertFile, tlsKeyFile, turnUrls, turnSecret, webhookUrl, webhookSecret } = options
  if (!tlsCertFile !== !tlsKeyFile) {
    mistakes.push('TLS_CERT_FILE and TLS_KEY_FILE need each other: set both or neither')
  }
  if (turnUrls.length > 0 && turnSecret === '') {
    mistakes.push(
      'TURN_URLS needs TURN_SECRET, the secret that the TURN servers and this server share',
    )
  }
  for (const site of options.sites) {
    const urls = site.turnUrls ?? turnUrls
    const secret = site.turnSecret ?? turnSecret
    if (urls.length > 0 && secret === '' && site.turnUrls) {
      mistakes.push(`turn_urls of site ${site.key} needs a turn_secret`)
    }
  }
  if (webhookUrl && !webhookSecret) {
    mistakes.push('WEBHOOK_URL needs WEBHOOK_SECRET, with which the receiver verifies the sender')
  }
  if (options.dataDir && !options.secretKey) mistakes.push(dataDirWithoutKey)
  if (options.redisUrl && !options.secretKey) mistakes.push(redisWithoutKey)
  const shardsFault = redisShardsFault(options)
  if (shardsFault) mistakes.push(shardsFault)
  if (options.trustedProxyHops > 0 && options.trustedProxies.length > 0) {
    mistakes.push('TRUSTED_PROXY_HOPS and TRUSTED_PROXIES exclude each other: set one of them')
  }
  return mistakes
}

/**
 * Returns the errors of a server that other machines can reach: one for each required setting that is missing
 * (the secret key, the allowed origins) and one for each weak secret.
 */
function publicServerMistakes(
  options: ResolvedServerOptions,
  origins: Readonly<Record<OptionName, string>>,
): string[] {
  const mistakes: string[] = []
  if (options.secretKey === '') {
    mistakes.push(
      'SECRET_KEY is not set: set it to a random text (`buddy-server generate-keys` makes one), or start a trial with --dev',
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
      `ALLOWED_ORIGINS ${what}: set it to the pages that embed Buddy, such as https://www.example.org (self: the page this server serves), or start a trial with --dev`,
    )
  }
  for (const { key, allowedOrigins } of options.sites) {
    if (allowedOrigins.includes('*')) {
      mistakes.push(
        `allowed_origins of site ${key} is open to every page: list the pages of the site`,
      )
    }
  }
  return mistakes
}
