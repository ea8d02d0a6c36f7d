import type { CloseCode } from '@buddy-chat/protocol'

/** The connection of a session that is present. */
export interface SessionLink {
  sendFrame(frame: Uint8Array): void
  /** Sends a ping. The client's pong acknowledges every frame that was sent before the ping. */
  requestAcknowledgement(): void
  /** Closes the connection with the named code, after all frames that were sent before have been written. */
  close(name: CloseCode): void
}
