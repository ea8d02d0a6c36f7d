import type { Command } from 'commander'
import type { ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import { checkWelcome } from '../sites/check-welcome.ts'
import { createSites } from '../sites/site.ts'
import { readTlsFiles } from '../transport/tls-files.ts'
import { orExplain } from './or-explain.ts'

/** Adds the sub-command `check-config`, which finds the mistakes that a start would find. */
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
        console.log('The configuration is valid.')
      }),
    )
}
