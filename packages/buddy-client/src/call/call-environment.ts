import type { Clock } from '../clock.ts'
import type { Veil } from '../media/veil.ts'

/** The browser functions that calls use. */
export interface CallEnvironment {
  readonly clock: Clock
  readonly createConnection: (configuration: RTCConfiguration) => RTCPeerConnection
  /** Returns false if WebRTC is disabled, for example by a privacy setting or an extension. */
  readonly hasWebRtc: () => boolean
  /**
   * Whether the client creates the next call's peer connection and offer in advance. False only in a
   * benchmark that measures the time this saves.
   */
  readonly preparesCalls: boolean
  readonly createVeil: () => Veil
  /** Returns whether the page is hidden, because another tab is in front or the window is minimized. */
  readonly isHidden: () => boolean
}
