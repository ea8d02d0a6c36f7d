import type { Command } from 'commander'
import type { ConfigInput } from '../config/read-config.ts'
import { checkStart } from '../run.ts'
import { orExplain } from './or-explain.ts'

/**
 * Adds the sub-command `check-config`, which fails if a start would fail, or if the server would not become
 * ready.
 */
export function addCheckConfig(program: Command, input: () => ConfigInput): void {
  program
    .command('check-config')
    .description(
      'check whether a server can start with this configuration on this machine, and exit',
    )
    .option('--running', 'the server runs already: do not check whether its port is free')
    .option('--without-redis', 'do not check Redis: a server starts without it, and waits for it')
    .action(
      ({
        running: isRunning,
        withoutRedis: isWithoutRedis,
      }: {
        running?: true
        withoutRedis?: true
      }) =>
        orExplain(async () => {
          await checkStart(input(), { isRunning, isWithoutRedis })
          console.log('The configuration is valid.')
        }),
    )
}
