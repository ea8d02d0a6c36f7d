#!/usr/bin/env node
// The command `buddy-server` with its flags and their help. commands/ has its sub-commands, and `run.ts` runs
// the server.
import { Command, Option } from 'commander'
import { addAudit } from './commands/audit.ts'
import { addCheckConfig } from './commands/check-config.ts'
import { addDoctor } from './commands/doctor.ts'
import { addGenerateKeys } from './commands/generate-keys.ts'
import { addHealthcheck } from './commands/healthcheck.ts'
import { addInit } from './commands/init.ts'
import { addModeration } from './commands/moderation.ts'
import { orExplain } from './commands/or-explain.ts'
import { addLicences } from './commands/licences.ts'
import { addPrintConfig } from './commands/print-config.ts'
import { addTurnConfig } from './commands/turn-config.ts'
import { closestName } from './config/closest-name.ts'
import type { ConfigInput } from './config/read-config.ts'
import { settingGroups } from './config/all-settings.ts'
import { defaultText } from './config/setting.ts'
import { boolean } from './config/value-schemas.ts'
import { flagOf } from './config/key-names.ts'
import { run } from './run.ts'
import { version } from './version.ts'

const program = new Command('buddy-server')
  .description(
    'Signalling server for random one-to-one video chat. Each flag is also an environment variable (--max-rooms: MAX_ROOMS) and a key of the configuration file (max_rooms).',
  )
  .version(version)
  // Values are hidden in error messages, because the value of a mistyped flag may be a secret.
  .configureOutput({ outputError: (text, write) => write(text.replace(/=[^']*'/, "=…'")) })
  .addOption(new Option('--config <file>', 'YAML or JSON file with settings').helpGroup('Process:'))

const switches = new Set<string>()

for (const [title, group] of Object.entries(settingGroups)) {
  for (const [option, setting] of Object.entries(group)) {
    const fallback = defaultText(option, setting)
    const flag = `--${flagOf(setting.key)}${setting.schema === boolean ? ' [true|false]' : ' <value>'}`
    if (setting.schema === boolean) switches.add(`--${flagOf(setting.key)}`)
    const about = setting.description.replaceAll('`', '') + (fallback && ` (default: ${fallback})`)
    program.addOption(new Option(flag, about).helpGroup(`${title}:`))
  }
}

/** Returns the environment variables and the given flags, by their long names. */
function input(): ConfigInput {
  const flags = Object.fromEntries(
    program.options.map((option) => [
      (option.long ?? '').slice(2),
      program.opts<Record<string, string | boolean | undefined>>()[option.attributeName()],
    ]),
  )
  return { environment: process.env, flags }
}

addInit(program, input)
addCheckConfig(program, input)
addPrintConfig(program, input)
addGenerateKeys(program)
addTurnConfig(program, input)
addDoctor(program, input)
addHealthcheck(program, input)
addModeration(program, input)
addAudit(program, input)
addLicences(program)

/** Reports that a command does not exist, suggests the closest one, and exits with an error. */
function refuseCommand(unknown: string): void {
  const names = program.commands.map((command) => command.name())
  const known = closestName(unknown, names)
  const hint = known ? `Did you mean ${known}?` : `The commands are ${names.join(', ')}.`
  program.error(`error: unknown command '${unknown}'\n(${hint})`)
}

program
  // Excess arguments are allowed, because commander would report an unknown command as an excess argument of
  // the default action. The action reports it better.
  .allowExcessArguments()
  .action(() => {
    const [unknown] = program.args
    if (unknown !== undefined) return refuseCommand(unknown)
    // If a parent process has opened an IPC channel, `process.send` sends it the URL.
    return orExplain(() => run(input(), (listening) => process.send?.(listening)))
  })

/**
 * Replaces a flag without a value, such as `--dev`, by `--dev=true`. Otherwise commander would take the next
 * word as its value, as in `--dev check-config`.
 */
function withExplicitSwitches(args: readonly string[]): string[] {
  return args.map((arg, index) => {
    const hasNoValue = !boolean.safeParse(args[index + 1]).success
    return switches.has(arg) && hasNoValue ? `${arg}=true` : arg
  })
}

void program.parseAsync(withExplicitSwitches(process.argv.slice(2)), { from: 'user' })
