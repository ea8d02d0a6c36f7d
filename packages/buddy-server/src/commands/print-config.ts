import type { Command } from 'commander'
import { printConfig } from '../config/print-config.ts'
import type { ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import { orExplain } from './or-explain.ts'

/** Adds the sub-command `print-config`, which prints each value and its source. */
export function addPrintConfig(program: Command, input: () => ConfigInput): void {
  program
    .command('print-config')
    .description('print the configuration, with secrets masked')
    .action(() => orExplain(() => console.log(printConfig(readConfig(input())))))
}
