import type { Clock } from '../clock.ts'

/** What calls take from the browser. */
export interface CallEnvironment {
  readonly clock: Clock
  readonly createConnection: (configuration: RTCConfiguration) => RTCPeerConnection
  /** False if WebRTC is disabled, for example by a privacy setting or an extension. */
  readonly hasWebRtc: () => boolean
  /** Prepares the next call's peer connection and offer. False only to measure what that saves. */
  readonly preparesCalls: boolean
  /** Whether the page is hidden: another tab is in front, or the window is minimized. */
  readonly isHidden: () => boolean
}
