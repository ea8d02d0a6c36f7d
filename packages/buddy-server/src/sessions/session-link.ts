import type { CloseCode } from '@buddy-chat/protocol'

/** The connection of a session that is present. */
export interface SessionLink {
  sendFrame(frame: Uint8Array): void
  /** Sends a ping; its pong acknowledges every frame sent so far. */
  requestAcknowledgement(): void
  /** Closes the connection with the named code, after all frames sent before. */
  close(name: CloseCode): void
}
