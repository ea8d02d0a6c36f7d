import type { CloseCode } from '@buddy-chat/protocol'

/** The connection of a session that is present. */
export interface SessionLink {
  sendFrame(frame: Uint8Array): void
  /** Asks the client to acknowledge every frame sent so far. */
  requestAcknowledgement(): void
  /** Closes the connection with the named code, after everything that was sent before. */
  close(name: CloseCode): void
}
