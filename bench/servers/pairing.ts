// A minimal relay without checks, limits or queue. The second frame of a connection contains a lobby.
// Two connections with the same lobby become partners, and every later frame is sent to the partner.
import { encode } from '@buddy-chat/protocol'

/** State of a connection. */
export interface Paired<C> {
  frames: number
  partner: C | undefined
}

const matched = encode({
  type: 'matched',
  room: 'r',
  isPolite: true,
  partnerName: '',
  interests: [],
  isOffered: false,
  roomToken: null,
})

/**
 * Returns a handler for the frames of all connections.
 * @param stateOf returns the state of a connection; always the same object
 */
export function createPairing<C>(
  stateOf: (connection: C) => Paired<C>,
  send: (connection: C, bytes: Uint8Array) => void,
): (connection: C, bytes: Uint8Array) => void {
  const waiting = new Map<string, C>()
  return (connection, bytes) => {
    const state = stateOf(connection)
    if (state.partner !== undefined) return send(state.partner, bytes)
    if (++state.frames < 2) return
    const lobby = Buffer.from(bytes).toString('latin1')
    const partner = waiting.get(lobby)
    if (partner === undefined) return void waiting.set(lobby, connection)
    waiting.delete(lobby)
    state.partner = partner
    stateOf(partner).partner = connection
    send(connection, matched)
    send(partner, matched)
  }
}
