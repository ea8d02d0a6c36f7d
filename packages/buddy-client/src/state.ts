/**
 * Where a client is:
 * `idle` nothing runs, no device is open · `connecting` devices and server are being opened ·
 * `waiting` in the queue · `negotiating` matched, no media yet · `connected` face to face, also while
 * the server is lost and the session can be resumed · `reconnecting` the server is lost outside a
 * call and the client keeps trying, or a call is lost and `next()` is waited for · `closed` the server refused for good; `start()` tries anew.
 */
export type ClientState =
  'idle' | 'connecting' | 'waiting' | 'negotiating' | 'connected' | 'reconnecting' | 'closed'

/** What moves a client from state to state. */
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
 * The state that follows, or undefined where `event` means nothing in `state`: messages cross on
 * the wire, so what arrives too late is ignored, never an error.
 */
export function transition(state: ClientState, event: ClientEvent): ClientState | undefined {
  return transitions[state][event]
}
