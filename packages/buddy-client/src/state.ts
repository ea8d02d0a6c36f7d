/**
 * The state of a client:
 * - `idle`: the client is not running. No device is open, except for a preview
 * - `connecting`: the client opens the devices and connects to the server
 * - `waiting`: the client is in the queue
 * - `negotiating`: a partner was found, and no media has arrived yet
 * - `connected`: the client is in a call, also while the server is lost and the session may be resumed
 * - `reconnecting`: the server was lost outside a call and the client retries, or a call was lost and
 *   the client waits for `next()`
 * - `closed`: the server refused the client, or no attempt to connect can succeed. The client does not
 *   retry, but `start()` may be called again
 */
export type ClientState =
  'idle' | 'connecting' | 'waiting' | 'negotiating' | 'connected' | 'reconnecting' | 'closed'

/** The events that change the state of a client. */
export type ClientEvent =
  | 'start'
  | 'queued'
  | 'matched'
  | 'call-connected'
  | 'call-ended'
  | 'call-lost'
  | 'server-lost'
  | 'server-back'
  | 'refused'
  | 'stop'

const running = {
  queued: 'waiting',
  matched: 'negotiating',
  'server-lost': 'reconnecting',
  refused: 'closed',
  stop: 'idle',
} as const satisfies Partial<Record<ClientEvent, ClientState>>

const transitions: Record<ClientState, Partial<Record<ClientEvent, ClientState>>> = {
  idle: { start: 'connecting' },
  connecting: running,
  waiting: running,
  negotiating: { ...running, 'call-connected': 'connected', 'call-ended': 'waiting' },
  connected: { ...running, 'call-ended': 'waiting', 'call-lost': 'reconnecting' },
  reconnecting: { ...running, 'server-back': 'connecting', 'call-ended': 'waiting' },
  closed: { start: 'connecting', stop: 'idle' },
}

/**
 * Returns the next state, or undefined if `event` has no meaning in `state`. This is not an error, because
 * a message of the server may arrive after the state has changed.
 */
export function transition(state: ClientState, event: ClientEvent): ClientState | undefined {
  return transitions[state][event]
}
