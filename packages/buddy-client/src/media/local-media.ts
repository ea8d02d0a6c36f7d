import type { Device } from '../errors.ts'
import type { Sending } from '../signal.ts'
import { toMediaError } from './media-error.ts'

/** What local media needs of the page. */
export interface MediaEnvironment {
  readonly isSecureContext: boolean
  /** Absent on insecure pages. */
  readonly mediaDevices: MediaDevices | undefined
  /** False where an embedding page forbids it; undefined where the browser does not tell. */
  readonly allowsFeature: (feature: Device) => boolean | undefined
}

const kinds = { camera: 'videoinput', microphone: 'audioinput' } as const

const hasTrack = {
  camera: (stream: MediaStream) => stream.getVideoTracks().length > 0,
  microphone: (stream: MediaStream) => stream.getAudioTracks().length > 0,
} as const

async function missingDevices(
  mediaDevices: MediaDevices,
  wanted: readonly Device[],
): Promise<readonly Device[]> {
  try {
    const devices = await mediaDevices.enumerateDevices()
    return wanted.filter((device) => !devices.some(({ kind }) => kind === kinds[device]))
  } catch {
    // Not knowing which one is missing only makes the message less exact.
    return []
  }
}

function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}

/** @throws BuddyError a device code, with the browser's error as `cause` */
async function openDevices(
  environment: MediaEnvironment,
  constraints: MediaStreamConstraints,
): Promise<MediaStream> {
  const { mediaDevices, isSecureContext, allowsFeature } = environment
  const wanted: Device[] = []
  if (constraints.video) wanted.push('camera')
  if (constraints.audio) wanted.push('microphone')
  try {
    if (!mediaDevices) throw new DOMException('no mediaDevices', 'NotSupportedError')
    const stream = await mediaDevices.getUserMedia(constraints)
    // A frame that is allowed one of the two gets a stream of that one, and no error.
    if (wanted.every((device) => hasTrack[device](stream))) return stream
    stopTracks(stream)
    throw new DOMException('a device was withheld', 'NotAllowedError')
  } catch (cause) {
    throw toMediaError(cause, {
      isSecureContext,
      wanted,
      forbidden: wanted.filter((device) => allowsFeature(device) === false),
      missing: mediaDevices ? await missingDevices(mediaDevices, wanted) : [],
    })
  }
}

/** Own camera and microphone, and the switches for them, which outlast the devices. */
export class LocalMedia {
  readonly #environment: () => MediaEnvironment
  readonly #onStream: (stream: MediaStream | undefined) => void
  #stream: MediaStream | undefined
  #switches: Sending = { audio: true, video: true }
  /** Changes with every `open` and `close`, so that what was opened too late is closed again. */
  #turn = {}

  /** @param onStream called when devices are open, and with undefined when they are released */
  constructor(
    environment: () => MediaEnvironment,
    onStream: (stream: MediaStream | undefined) => void,
  ) {
    this.#environment = environment
    this.#onStream = onStream
  }

  get stream(): MediaStream | undefined {
    return this.#stream
  }

  get switches(): Sending {
    return this.#switches
  }

  /** What a partner can see and hear: without a track nothing, whatever the switches say. */
  get sending(): Sending {
    const { audio, video } = this.#switches
    return {
      audio: audio && (this.#stream?.getAudioTracks().length ?? 0) > 0,
      video: video && (this.#stream?.getVideoTracks().length ?? 0) > 0,
    }
  }

  /**
   * Opens the devices. Where `close()` comes first, they are closed again and nothing is told.
   * @throws BuddyError a device code
   */
  async open(constraints: MediaStreamConstraints): Promise<void> {
    const turn = (this.#turn = {})
    const stream = await openDevices(this.#environment(), constraints)
    if (this.#turn !== turn) {
      stopTracks(stream)
      return
    }
    this.#stream = stream
    this.setSwitches(this.#switches)
    this.#onStream(stream)
  }

  /** Mutes or unmutes the tracks there are, and those to come. */
  setSwitches(switches: Sending): void {
    this.#switches = switches
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = switches.audio
    for (const track of this.#stream?.getVideoTracks() ?? []) track.enabled = switches.video
  }

  /** Ends every track: the camera's light goes out. */
  close(): void {
    this.#turn = {}
    if (!this.#stream) return
    stopTracks(this.#stream)
    this.#stream = undefined
    this.#onStream(undefined)
  }
}
