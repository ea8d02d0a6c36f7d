import type { Device } from '../errors.ts'
import type { Sending } from '../sending.ts'
import type { MediaEnvironment } from './open-devices.ts'
import { openDevices, openFirst, stopTracks, trackKinds, trackOf } from './open-devices.ts'

/** Which devices to open, and with which constraints. */
export interface MediaRequest {
  /** All devices that the chat mode can use, including those that `constraints` do not request. */
  readonly devices: readonly Device[]
  readonly constraints: MediaStreamConstraints
}

/**
 * A change of a track that the page did not cause. A track is `ended` if the device was removed or
 * permission was revoked. The system may `mute` and `unmute` a track.
 */
export type TrackChange = 'ended' | 'mute' | 'unmute'

interface LocalMediaDependencies {
  readonly environment: () => MediaEnvironment
  /** Called with the stream when devices were opened, and with undefined when they were released. */
  readonly onStream: (stream: MediaStream | undefined) => void
  /** Called when a track was added to the stream, or has replaced the stream's track of its kind. */
  readonly onTrack: (track: MediaStreamTrack) => Promise<void>
  readonly onTrackChange: (device: Device, track: MediaStreamTrack, change: TrackChange) => void
}

const devices = ['camera', 'microphone'] as const satisfies readonly Device[]
const switchOf = { camera: 'video', microphone: 'audio' } as const

/**
 * Holds the stream of the local camera and microphone, and their mute switches. The switches keep their
 * state after `close()`.
 */
export class LocalMedia {
  readonly #dependencies: LocalMediaDependencies
  #stream: MediaStream | undefined
  #switches: Sending = { audio: true, video: true }
  #request: MediaRequest | undefined
  #opening: Promise<void> | undefined
  /** Aborted by `close()`. Devices that open after that are stopped at once. */
  #turn = new AbortController()

  constructor(dependencies: LocalMediaDependencies) {
    this.#dependencies = dependencies
  }

  get stream(): MediaStream | undefined {
    return this.#stream
  }

  /** The request for the devices that are open or being opened. */
  get request(): MediaRequest | undefined {
    return this.#request
  }

  get switches(): Sending {
    return this.#switches
  }

  /** Whether a partner can hear and see this user: only live tracks that are switched on count. */
  get sending(): Sending {
    const { audio, video } = this.#switches
    return { audio: audio && this.#isLive('microphone'), video: video && this.#isLive('camera') }
  }

  /** Returns the device's track in the stream, also if the track has ended. */
  track(device: Device): MediaStreamTrack | undefined {
    return trackOf(this.#stream, device)
  }

  /**
   * Opens the devices. Reuses devices that are open or being opened if they are of the same kinds.
   * If `close()` is called before they are open, they are stopped and no callback is called.
   * @param preferred constraints to try before those of `request`, in order, until devices meet them
   * @throws BuddyError a device code, see `BuddyErrorCode`
   */
  open(request: MediaRequest, preferred: readonly MediaStreamConstraints[] = []): Promise<void> {
    const { audio, video } = request.constraints
    const current = this.#request?.constraints
    const isSame = !current?.audio === !audio && !current?.video === !video
    if (!this.#opening || !isSame) {
      this.close()
      this.#opening = this.#open([...preferred, request.constraints])
    }
    this.#request = request
    return this.#opening
  }

  /**
   * Stops the current device of this kind, then opens another one. The order matters, because phones
   * cannot open a second camera while the first is in use, and some systems no second microphone.
   * @returns the new track; undefined if `close()` was called before the device opened
   * @throws BuddyError a device code; the old track has ended in this case too
   */
  async replace(
    device: Device,
    constraints: MediaTrackConstraints,
  ): Promise<MediaStreamTrack | undefined> {
    const { signal } = this.#turn
    this.track(device)?.stop()
    const opened = await openDevices(this.#dependencies.environment(), {
      [trackKinds[device]]: constraints,
    })
    const track = trackOf(opened, device)
    const stream = this.#stream
    if (signal.aborted || !stream || !track) {
      stopTracks(opened)
      return undefined
    }
    this.remove(device)
    track.enabled = this.#switches[switchOf[device]]
    stream.addTrack(track)
    this.#watch(device, track)
    await this.#dependencies.onTrack(track)
    return track
  }

  /** Stops the device's track and removes it from the stream. */
  remove(device: Device): void {
    const track = this.track(device)
    track?.stop()
    if (track) this.#stream?.removeTrack(track)
  }

  /** Mutes or unmutes the present tracks and all later ones. */
  setSwitches(switches: Sending): void {
    this.#switches = switches
    for (const device of devices) {
      const track = this.track(device)
      if (track) track.enabled = switches[switchOf[device]]
    }
  }

  /** Stops every track, so that the camera's light goes out. */
  close(): void {
    this.#turn.abort()
    this.#turn = new AbortController()
    this.#request = undefined
    this.#opening = undefined
    if (!this.#stream) return
    stopTracks(this.#stream)
    this.#stream = undefined
    this.#dependencies.onStream(undefined)
  }

  async #open(alternatives: readonly MediaStreamConstraints[]): Promise<void> {
    const { signal } = this.#turn
    try {
      const stream = await openFirst(this.#dependencies.environment(), alternatives)
      if (signal.aborted) {
        stopTracks(stream)
        return
      }
      this.#stream = stream
      this.setSwitches(this.#switches)
      for (const device of devices) {
        const track = this.track(device)
        if (track) this.#watch(device, track)
      }
      this.#dependencies.onStream(stream)
    } catch (error) {
      if (signal.aborted) return
      // `close()` drops the rejected promise, so that the next `open()` tries again.
      this.close()
      throw error
    }
  }

  #watch(device: Device, track: MediaStreamTrack): void {
    const { signal } = this.#turn
    const listen = (change: TrackChange): void =>
      track.addEventListener(
        change,
        () => {
          if (this.track(device) !== track) return
          this.#dependencies.onTrackChange(device, track, change)
        },
        { signal },
      )
    // An `ended` event comes from the system or the device, because `stop()` does not fire it.
    listen('ended')
    listen('mute')
    listen('unmute')
  }

  #isLive(device: Device): boolean {
    const track = this.track(device)
    return track !== undefined && track.readyState === 'live' && !track.muted
  }
}
