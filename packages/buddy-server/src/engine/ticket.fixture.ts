import type { Ticket } from './ticket.ts'
import { noCriteria } from './ticket.ts'

/** Returns a ticket for video without criteria, in the first lobby of the server's own site, except for these fields. */
export function createTicket(fields: Partial<Ticket>): Ticket {
  return {
    ...noCriteria,
    sessionId: 'session',
    site: '',
    lobby: '',
    mode: 'video',
    band: '',
    attributes: {},
    region: '',
    delayMs: 0,
    ...fields,
  }
}
