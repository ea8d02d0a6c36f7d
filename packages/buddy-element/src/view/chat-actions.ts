import type { Device, DeviceKind } from '@buddy-chat/client'

/** What a person can do; the templates call these and know nothing else. */
export interface ChatActions {
  readonly start: (options?: { readonly withoutCamera: boolean }) => void
  /** Opens the devices to be looked at. */
  readonly preview: () => void
  /** Closes them again. */
  readonly closePreview: () => void
  readonly chooseDevice: (kind: DeviceKind, id: string) => void
  readonly flipCamera: () => void
  readonly resumeDevice: (device: Device) => void
  readonly toggleDevices: () => void
  readonly next: () => void
  readonly stop: () => void
  /** Would let the partner have one's address, for a direct connection. */
  readonly trust: () => void
  /** Neither agrees to the partner's wish nor goes on looking at it. */
  readonly putTrustOff: () => void
  readonly toggleMicrophone: () => void
  readonly toggleCamera: () => void
  readonly toggleText: () => void
  /** False where the text was not sent and should stay in the field. */
  readonly send: (text: string) => boolean
  readonly type: () => void
  readonly rename: (name: string) => void
  readonly retryNow: () => void
  readonly play: () => void
  /** Looks why calls fail; once more where it has looked already. */
  readonly openDoctor: () => void
  readonly closeDoctor: () => void
}
