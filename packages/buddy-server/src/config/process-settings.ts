// The settings of the process in which the command runs a server. A program that calls `createBuddyServer`
// does not have these.
import type { OptionsOf } from './setting.ts'
import { setting } from './setting.ts'
import { boolean, oneOf, valueSchema } from './value-schemas.ts'

/** An address for people and programs, so it has neither credentials nor a query. */
const publicUrl = valueSchema('a URL like https://chat.example.org', (raw) => {
  if (typeof raw !== 'string' || !/^https?:\/\/[^\s?#@]+$/.test(raw) || !URL.canParse(raw)) {
    return undefined
  }
  return new URL(raw).href.replace(/\/$/, '')
})

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
    publicUrl: setting({
      key: 'PUBLIC_URL',
      schema: publicUrl,
      defaultValue: '',
      description:
        'Where visitors reach the server, also below a path. `buddy-server doctor` checks this address; the server itself does not need it.',
      isReloadable: true,
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
