import { ticketFields } from '../stored-ticket.ts'

/**
 * The state of a ticket's search, which the function changes:
 *
 * - `since0`: since when the ticket waits, and `since`: the same as a place in the queue
 * - `isQueued`: whether it waits, and `ix`: whether it is in the index
 * - `told`: what the session knows of its search, and `rf`: when to look whether that is still true
 * - `held`: whether it has found only people who have met it, and `hu`: until when
 * - `px`: its parked keys, and `fw`: whether it is in the lists of its keys; see `fair-share.ts`
 * - `us`: whether it could not search
 * - `fI`, `fL`, `fR`: whether it accepts everybody's interests, languages and regions; `iS`, `lS`: since when it waits
 * with the present interests and languages; `iM`, `lM`, `rM`: how long a common interest, language and region are
 * required
 */
const stateFields =
  'since0 since isQueued ix told rf held hu px fw us fI fL fR iS lS iM lM rM'.split(' ')
const own = ticketFields.filter((name) => !stateFields.includes(name))
const changing = ticketFields.filter((name) => stateFields.includes(name))

/**
 * Tickets. The node sends the values of a ticket in MessagePack (see `stored-ticket.ts`); these bytes (`raw`) and the
 * state of the search are stored together.
 */
export const tickets = String.raw`
-- Returns a ticket from the values of storedTicket, or from the bytes of the node alone.
ticketFrom = function(raw, ${stateFields.join(', ')})
  local ${ticketFields.map((name) => `${name}0`).join(', ')} = unpackMessage(raw)
  return {
    raw = raw, ${own.map((name) => `${name} = ${name}0`).join(', ')},
    ${stateFields
      .filter((name) => !(changing as string[]).includes(name))
      .map((name) => `${name} = ${name}`)
      .join(', ')},
    ${changing.map((name) => `${name} = ${name} or ${name}0`).join(', ')},
  }
end

storedTicket = function(w)
  return pack(w.raw, ${stateFields.map((name) => `w.${name}`).join(', ')})
end
`
