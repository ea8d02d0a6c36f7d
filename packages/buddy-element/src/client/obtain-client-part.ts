import { browserClientPart } from './browser-client-part.ts'
import type { ClientPart } from './client-part.ts'

/** The only place where the element gets the part: to load it later, this becomes an `import()`. */
export const obtainClientPart = (): ClientPart => browserClientPart
