import { CommandError } from './commands/command-error.ts'
import { ConfigError } from './config/config-error.ts'
import { RedisError } from './engine/redis/redis-url.ts'
import { IncompleteFilesError } from './operations/http/public-files.ts'
import { StoreError } from './safety/store.ts'
import { InvalidWelcomeError } from './sites/check-welcome.ts'
import { ListenError } from './transport/listen-error.ts'
import { NativeAddonError } from './transport/load-addon.ts'
import { TlsError } from './transport/tls-files.ts'

/** The errors of a server that cannot start, and of sub-commands. Their messages say what the operator can do. */
const mistakes = [
  CommandError,
  ConfigError,
  IncompleteFilesError,
  InvalidWelcomeError,
  ListenError,
  NativeAddonError,
  RedisError,
  StoreError,
  TlsError,
]

/** Returns whether the message of an error is for the operator, who needs no stack trace. */
export function isOperatorMistake(error: unknown): error is Error {
  return mistakes.some((kind) => error instanceof kind)
}
