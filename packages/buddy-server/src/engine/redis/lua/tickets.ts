import { listFields, restFields, valueFields } from '../stored-ticket.ts'

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
/** Of these, the fields that most tickets do not have. */
const rareFields = ['isQueued', 'ix', 'told', 'rf', 'held', 'hu', 'px', 'fw', 'us']
const isSent = (name: string): boolean => valueFields.some((field) => field === name)

/**
 * Tickets. The node sends the values of a ticket in MessagePack (see `stored-ticket.ts`); these bytes (`raw`) and the
 * state of the search are stored together. A search reads many tickets, so what only a match or a report needs is
 * decoded later, and a table contains a rare field only if the ticket has it.
 */
export const tickets = String.raw`
-- Returns a ticket from the values of storedTicket, or from the bytes of the node alone.
ticketFrom = function(raw, ${stateFields.join(', ')})
  local ${[...listFields, ...valueFields].map((name) => `${name}0`).join(', ')}, rest = unpackMessage(raw)
  local w = {
    raw = raw, rest = rest, ${listFields.map((name) => `${name} = { unpackMessage(${name}0) }`).join(', ')},
    ${valueFields.map((name) => `${name} = ${stateFields.includes(name) ? `${name} or ` : ''}${name}0`).join(', ')},
    ${stateFields
      .filter((name) => !isSent(name) && !rareFields.includes(name))
      .map((name) => `${name} = ${name}`)
      .join(', ')},
  }
  if isQueued then
    ${rareFields.map((name) => `w.${name} = ${name}`).join('\n    ')}
  end
  return w
end

storedTicket = function(w)
  return packAll({ w.raw, ${stateFields.map((name) => `w.${name} or false`).join(', ')} })
end

-- Returns the fields of a ticket that a search does not need.
local function restOf(w)
  local known = w.known
  if not known then
    local ${restFields.join(', ')} = unpackMessage(w.rest)
    known = { ${restFields.map((name) => `${name} = ${name}`).join(', ')} }
    w.known = known
  end
  return known
end
`
