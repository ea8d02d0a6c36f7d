import type { Command } from 'commander'
import { generateKeys } from '../config/generate-keys.ts'

/** Adds the sub-command `generate-keys`, which prints a new random value for each secret. */
export function addGenerateKeys(program: Command): void {
  program
    .command('generate-keys')
    .description('print new random secrets as lines of an environment file')
    .action(() => console.log(generateKeys()))
}
