// The settings of the process in which the command runs a server. A program that calls `createBuddyServer`
// does not have these.
import type { OptionsOf } from './setting.ts'
import { setting } from './setting.ts'
import { boolean, oneOf } from './value-schemas.ts'

/** The process settings, in one group of `docs/configuration.md`. */
export const processSettings = {
  Process: {
    isDev: setting({
      key: 'DEV',
      schema: boolean,
      defaultValue: false,
      description:
        'Trial mode: the server listens on 127.0.0.1 only, makes a new key at each start, and accepts any origin.',
    }),
    logLevel: setting({
      key: 'LOG_LEVEL',
      schema: oneOf('debug', 'info', 'warn', 'error', 'silent'),
      defaultValue: 'info',
      description: 'The lowest level that is logged. `npm start` sets `warn`.',
    }),
    logFormat: setting({
      key: 'LOG_FORMAT',
      schema: oneOf('auto', 'json', 'pretty'),
      defaultValue: 'auto',
      description:
        'auto: readable lines if standard output is a terminal, JSON lines if it is not.',
    }),
  },
} as const

/** The process settings with their values. */
export type ProcessOptions = OptionsOf<typeof processSettings>
