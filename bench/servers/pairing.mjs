// As little as a relay can do: the second frame of a connection names a lobby, two of a lobby are
// partners, everything after goes to the other. No checks, no limits, no queue.
import { encode } from '@buddy-chat/protocol'

const waiting = new Map()
const matched = encode({
  type: 'matched',
  room: 'r',
  isPolite: true,
  partnerName: '',
  interests: [],
})

/** @param send (connection, bytes) → void */
export function createPairing(send) {
  return (connection, bytes) => {
    if (connection.partner) return send(connection.partner, bytes)
    connection.frames = (connection.frames ?? 0) + 1
    if (connection.frames < 2) return
    const lobby = Buffer.from(bytes).toString('latin1')
    const partner = waiting.get(lobby)
    if (!partner) return waiting.set(lobby, connection)
    waiting.delete(lobby)
    connection.partner = partner
    partner.partner = connection
    send(connection, matched)
    return send(partner, matched)
  }
}
