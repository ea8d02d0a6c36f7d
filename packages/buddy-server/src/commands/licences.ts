import type { Command } from 'commander'
import { readOwnFile } from '../own-files.ts'

/** The own file with all licences. Only the one-file server has it. */
const noticesFile = 'THIRD-PARTY-NOTICES.txt'

const inPackages =
  'The licences of the server and of its libraries are in their packages, in the folder node_modules.'

/** Adds the sub-command `licences`. */
export function addLicences(program: Command): void {
  program
    .command('licences')
    .alias('licenses')
    .description('print the licences of the server and of everything that it contains')
    .action(() => {
      const notices = readOwnFile(noticesFile)
      console.log(notices ? new TextDecoder().decode(notices) : inPackages)
    })
}
