import { browserClientPart } from './browser-client-part.ts'
import type { ClientPart } from './client-part.ts'

/**
 * Returns the part of the element that runs code of the client. No other module obtains it, so that
 * only this function has to change if the part is loaded later, by an `import()`.
 */
export const obtainClientPart = (): ClientPart => browserClientPart
