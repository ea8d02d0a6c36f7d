import type { MessageType } from '@buddy-chat/protocol'
import { textRate } from '@buddy-chat/protocol'
import type { Rate } from './token-bucket.ts'

/**
 * The maximum rates of message types. They are far above what a user and a browser need, and far below what a
 * program can send.
 */
export const rates = {
  /** Trickled ICE candidates come in bursts at the beginning of a call. */
  signal: { burst: 100, perSecond: 50 },
  text: textRate,
  typing: { burst: 10, perSecond: 3 },
  next: { burst: 10, perSecond: 2 },
  ticket: { burst: 10, perSecond: 2 },
} as const satisfies Partial<Record<MessageType, Rate>>

/**
 * The maximum rate of bytes in frames for a partner. A call needs some 20 kB of signals at its beginning. At
 * a much higher rate a client could fill its partner's queue, and the server would close the partner's
 * connection as too slow.
 */
export const relayedBytesRate: Rate = { burst: 262_144, perSecond: 65_536 }

/**
 * The rate of `next` and `ticket` together, for people whom the server sees for the first time. It applies in
 * addition to the rates above, and slows programs that look for many partners under new identities.
 */
export const searchRateOfNew: Rate = { burst: 30, perSecond: 1 }

/** The maximum rate of all other frames together, such as `leave`, unknown types or a repeated `hello`. */
export const otherRate: Rate = { burst: 20, perSecond: 5 }

/**
 * The maximum rate of frames that are dropped because of another rate. If a client exceeds it, its connection
 * is closed.
 */
export const droppedRate: Rate = { burst: 200, perSecond: 20 }

/**
 * The maximum rate of WebSocket pings, and of pongs that answer no ping of the server. Both are allowed in
 * moderation, because RFC 6455 §5.5.3 permits such pongs, and some clients send pings every few seconds.
 */
export const controlFrameRate: Rate = { burst: 20, perSecond: 2 }
