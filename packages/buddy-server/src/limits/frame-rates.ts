import type { MessageType } from '@buddy-chat/protocol'
import { textRate } from '@buddy-chat/protocol'
import type { Rate } from './token-bucket.ts'

/** Far more than a person or a browser does, far less than a program can. */
export const rates = {
  /** Trickled candidates come in bursts at the beginning of a call. */
  signal: { burst: 100, perSecond: 50 },
  text: textRate,
  typing: { burst: 10, perSecond: 3 },
  next: { burst: 10, perSecond: 2 },
  ticket: { burst: 10, perSecond: 2 },
} as const satisfies Partial<Record<MessageType, Rate>>

/**
 * Bytes for a partner. A call needs some 20 kB of signals at its beginning; more than this and one
 * could fill a partner's connection until the server cuts *them* for reading too slowly.
 */
export const relayedBytesRate: Rate = { burst: 262_144, perSecond: 65_536 }

/** Every other frame: leaving, unknown types, a hello too many. */
export const otherRate: Rate = { burst: 20, perSecond: 5 }

/** Frames dropped for their rate before the connection is cut, refilled by `perSecond`. */
export const droppedRate: Rate = { burst: 200, perSecond: 20 }

/**
 * WebSocket pings, and pongs that answer no ping of the server: RFC 6455 §5.5.3 allows those, and some
 * clients ping every few seconds.
 */
export const controlFrameRate: Rate = { burst: 20, perSecond: 2 }
