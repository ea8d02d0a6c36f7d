import { resolve } from 'node:path'
import type { Command } from 'commander'
import { Option } from 'commander'
import type { OptionName } from '../config/all-settings.ts'
import { settings } from '../config/all-settings.ts'
import { flagOf } from '../config/key-names.ts'
import { partsOfIceUrl } from '../config/ice-url.ts'
import type { ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import type { HttpsKind } from '../init/answers.ts'
import { completeUrl, httpsKinds } from '../init/answers.ts'
import type { GivenAnswers } from '../init/ask.ts'
import { ask, faultOfTurnHost } from '../init/ask.ts'
import { configFile } from '../init/config-file.ts'
import { defaultPrompts } from '../init/default-prompts.ts'
import { commandName, nextSteps } from '../init/next-steps.ts'
import { checkNewFile, writeNewFile } from '../init/write-new-file.ts'
import { checkWelcome } from '../sites/check-welcome.ts'
import { createSites } from '../sites/site.ts'
import { CommandError } from './command-error.ts'
import { orExplain } from './or-explain.ts'

/** The own flags of `init`. */
interface InitFlags {
  readonly yes?: true
  readonly file: string
  readonly force?: true
  readonly https?: HttpsKind
  readonly turn?: string | false
  readonly dashboard?: boolean
}

type GivenSettings = Partial<Record<OptionName, unknown>>

/** Adds the sub-command `init`, which writes a configuration file after a few questions. */
export function addInit(program: Command, input: () => ConfigInput): void {
  program
    .command('init')
    .description(
      'write a configuration file with new keys, after a few questions. Flags of settings, such as --public-url and --allowed-origins, are written to the file, and answer their questions.',
    )
    .option('--file <file>', 'the file to write', 'buddy.yaml')
    .option('--force', 'replace the file if it exists')
    .option('--yes', 'ask nothing: every question has its flag, or the suggested answer')
    .addOption(
      new Option(
        '--https <who>',
        'who serves https: a proxy on this machine, a hosting platform, the server itself, or none (for a trial)',
      ).choices(httpsKinds),
    )
    .option('--turn <host>', 'host name of your TURN server')
    .option('--no-turn', 'you have no TURN server')
    .option('--dashboard', 'create a password for the dashboard')
    .option('--no-dashboard', 'create no password: there is no dashboard')
    .action((flags: InitFlags) => orExplain(() => init(input(), flags)))
}

/**
 * Asks for what no flag gives, and writes the file.
 * @throws CommandError, ConfigError or TlsError, and then nothing is written
 */
export async function init(
  { flags = {}, environment = {} }: ConfigInput,
  own: InitFlags,
): Promise<void> {
  const mayReplace = own.force === true
  if (flags['config'] !== undefined) {
    throw new CommandError('init writes a new file: name it with --file instead of --config')
  }
  // Checked before the questions, so that the operator does not answer them in vain.
  checkNewFile(own.file, mayReplace)
  const settingsGiven = givenSettings(flags)
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  if (!own.yes && !isTerminal) {
    throw new CommandError(
      'init asks questions, but this is not a terminal: add --yes, and the answers as flags (see buddy-server init --help)',
    )
  }
  // The prompts are loaded only if they are needed, because other commands start faster without them.
  const prompts = own.yes
    ? defaultPrompts
    : (await import('../init/terminal-prompts.ts')).terminalPrompts
  const answers = await ask(prompts, givenAnswers(settingsGiven, own))
  writeNewFile(own.file, configFile(answers, settingsGiven), mayReplace, (config) => {
    const { options } = readConfig({ flags: { config } })
    checkWelcome(createSites(options).values(), options)
  })
  console.log(
    `Wrote ${resolve(own.file)}, which only you can read, because it contains secrets.\n\n` +
      nextSteps(answers, own.file, commandName(environment)),
  )
}

/** Returns the values of the settings that are given as flags. @throws CommandError if one is invalid */
function givenSettings(flags: NonNullable<ConfigInput['flags']>): GivenSettings {
  const given: GivenSettings = {}
  for (const [name, { key, schema, isSecret }] of Object.entries(settings)) {
    const flag = flagOf(key)
    if (flags[flag] === undefined) continue
    const raw = name === 'publicUrl' ? completeUrl(String(flags[flag])) : flags[flag]
    const parsed = schema.safeParse(raw)
    if (!parsed.success) {
      const shown = isSecret ? '…' : String(raw)
      throw new CommandError(
        `--${flag}=${shown} is not allowed: ${parsed.error.issues[0]?.message ?? ''}`,
      )
    }
    given[name as OptionName] = parsed.data
  }
  return given
}

/** Returns the answers that are contained in flags. @throws CommandError if one is invalid */
function givenAnswers(given: GivenSettings, own: InitFlags): GivenAnswers {
  const [turnUrl] = (given.turnUrls as readonly string[] | undefined) ?? []
  const turnHost = turnUrl === undefined ? own.turn : partsOfIceUrl(turnUrl).host
  if (typeof turnHost === 'string') {
    const fault = faultOfTurnHost(turnHost)
    if (fault !== undefined) throw new CommandError(`--turn=${turnHost} is not allowed: ${fault}`)
  }
  return {
    publicUrl: given.publicUrl as string | undefined,
    allowedOrigins: given.allowedOrigins as readonly string[] | undefined,
    certFile: given.tlsCertFile as string | undefined,
    keyFile: given.tlsKeyFile as string | undefined,
    https: own.https ?? impliedHttps(given),
    // The suggested name of the TURN server is a guess, which only a person can confirm.
    turnHost: turnHost ?? (own.yes ? false : undefined),
    hasDashboard: given.adminToken === undefined ? own.dashboard : true,
  }
}

/** Returns who serves https according to the settings. Undefined if they do not tell. */
function impliedHttps(given: GivenSettings): HttpsKind | undefined {
  if (given.tlsCertFile !== undefined) return 'server'
  if (given.trustedProxies !== undefined) return 'proxy'
  return given.trustedProxyHops === undefined ? undefined : 'platform'
}
