import { FrameLimits } from '../limits/frame-limits.ts'
import type { Participant } from './participant.ts'
import type { SessionCounts } from './session.ts'
import { Session } from './session.ts'
import type { SessionLink } from './session-link.ts'

/** Creates a session for unit tests, which does not use the engine. */
export function createTestSession({
  maxReplayBytes = 65_536,
  counts,
}: { maxReplayBytes?: number; counts?: SessionCounts } = {}): Session {
  const identity = {
    name: '',
    site: '',
    subject: undefined,
    lobby: undefined,
    visitorId: '',
    visitorSinceMs: 0,
    attributes: {},
    band: '',
  }
  const participant = { handleBack: () => undefined, welcome: () => undefined }
  return new Session('id', identity, {
    addressKey: '',
    personKey: '',
    sinceMs: 0,
    limits: new FrameLimits(),
    nowMs: 0,
    counts,
    maxReplayBytes: () => maxReplayBytes,
    onOverflow: () => undefined,
    createParticipant: () => participant as unknown as Participant,
  })
}

/** A connection that records the frames that are sent to it. */
export class TestLink implements SessionLink {
  readonly frames: Uint8Array[] = []
  acknowledgementRequests = 0

  sendFrame(frame: Uint8Array): void {
    this.frames.push(frame)
  }

  requestAcknowledgement(): void {
    this.acknowledgementRequests++
  }

  close(): void {}
}

/** Bytes that stand for a `welcome`, for tests that do not decode it. */
export const testWelcome = (): Uint8Array => Uint8Array.of(0x90)
