import {
  browserEnvironment,
  BuddyClient,
  BuddyError,
  checkNames,
  diagnose,
  serverFileUrl,
  watchAudioLevel,
} from '@buddy-chat/client'
import { GuardRunner } from '@buddy-chat/client/guard'
import type { ClientPart } from './client-part.ts'

/**
 * The part for browsers. This is the only module of the element that imports values from
 * `@buddy-chat/client`; lint enforces this.
 */
export const browserClientPart: ClientPart = {
  createClient: (isHidden) => new BuddyClient({}, { ...browserEnvironment, isHidden }),
  createError: (code, message) => new BuddyError(code, message),
  diagnose,
  checkNames,
  watchAudioLevel,
  serverFileUrl: (server, name) => serverFileUrl(server, name, document.baseURI),
  createGuardRunner: (options, isHidden) => new GuardRunner(options, { isHidden }),
}
