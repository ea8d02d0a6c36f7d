/**
 * The state of a client:
 * - `idle` not running, and no device is open, except for a preview
 * - `connecting` opens the devices and connects to the server
 * - `waiting` in the queue
 * - `negotiating` matched, no media yet
 * - `connected` in a call, also while the server is lost and the session may be resumed
 * - `reconnecting` the server was lost outside a call and the client retries, or a call was lost and
 *   the client waits for `next()`
 * - `closed` the server refused the client for good; `start()` tries again
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
 * Returns the next state, or undefined if `event` has no meaning in `state`. That is not an error: a
 * message may arrive too late, because messages cross on the wire.
 */
export function transition(state: ClientState, event: ClientEvent): ClientState | undefined {
  return transitions[state][event]
}
