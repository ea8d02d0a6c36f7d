import type { Command } from 'commander'
import type { ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import { describeFaults, loadPublicFiles } from '../operations/http/public-files.ts'
import { checkWelcome } from '../sites/check-welcome.ts'
import { createSites } from '../sites/site.ts'
import { readTlsFiles } from '../transport/tls-files.ts'
import { orExplain } from './or-explain.ts'

/**
 * Adds the sub-command `check-config`, which finds the mistakes that a start would find, and missing
 * files of the package, without which a server does not become ready.
 */
export function addCheckConfig(program: Command, input: () => ConfigInput): void {
  program
    .command('check-config')
    .description('check the configuration, print its mistakes, and exit')
    .action(() =>
      orExplain(() => {
        const { options } = readConfig(input())
        const { tlsCertFile: certFile, tlsKeyFile: keyFile } = options
        checkWelcome(createSites(options).values(), options)
        if (certFile) readTlsFiles({ certFile, keyFile })
        const faults = describeFaults(loadPublicFiles())
        if (faults) {
          console.error(faults)
          process.exitCode = 1
        } else console.log('The configuration is valid.')
      }),
    )
}
