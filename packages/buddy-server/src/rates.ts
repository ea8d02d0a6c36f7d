import type { MessageType } from '@buddy-chat/protocol'
import type { Rate } from './rate-limiter.ts'

/** Far more than a person or a browser does, far less than a program can. */
export const rates = {
  /** Trickled candidates come in bursts at the beginning of a call. */
  signal: { burst: 100, perSecond: 50 },
  text: { burst: 10, perSecond: 3 },
  typing: { burst: 10, perSecond: 3 },
  next: { burst: 10, perSecond: 2 },
  ticket: { burst: 10, perSecond: 2 },
  leave: { burst: 10, perSecond: 2 },
} as const satisfies Partial<Record<MessageType, Rate>>

/** Every other frame: unknown types, a hello too many. */
export const otherRate: Rate = { burst: 20, perSecond: 5 }

/** Frames dropped for their rate before the connection is cut, refilled by `perSecond`. */
export const droppedRate: Rate = { burst: 200, perSecond: 20 }
