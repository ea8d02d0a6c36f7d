import type { OptionsOf } from './setting.ts'
import { setting } from './setting.ts'
import { boolean, oneOf } from './value-schemas.ts'

/** Settings of the process a server runs in. */
export const processSettings = {
  Process: {
    isDev: setting({
      key: 'DEV',
      schema: boolean,
      defaultValue: false,
      description: 'For trying it: loopback only, throw-away keys, any origin.',
    }),
    logLevel: setting({
      key: 'LOG_LEVEL',
      schema: oneOf('debug', 'info', 'warn', 'error', 'silent'),
      defaultValue: 'info',
      description: '`npm start` sets `warn`.',
    }),
    logFormat: setting({
      key: 'LOG_FORMAT',
      schema: oneOf('auto', 'json', 'pretty'),
      defaultValue: 'auto',
      description: 'auto: for people on a terminal, JSON lines elsewhere.',
    }),
  },
} as const

/** What a process is told beyond its server's options. */
export type ProcessOptions = OptionsOf<typeof processSettings>
