import type { Device } from '../errors.ts'
import type { Sending } from '../signal.ts'
import type { MediaEnvironment } from './open-devices.ts'
import { openDevices, openFirst, stopTracks, trackKinds, trackOf } from './open-devices.ts'

/** What is to be opened. */
export interface MediaRequest {
  /** Devices this mode of talking has a use for, now or later. */
  readonly devices: readonly Device[]
  readonly constraints: MediaStreamConstraints
}

/** Something happened to a track that nobody here did: the device went, or the system muted it. */
export type TrackChange = 'ended' | 'mute' | 'unmute'

interface LocalMediaDependencies {
  readonly environment: () => MediaEnvironment
  /** Devices are open, or (undefined) released. */
  readonly onStream: (stream: MediaStream | undefined) => void
  /** A track has come, in place of another of its kind or of none. */
  readonly onTrack: (track: MediaStreamTrack) => Promise<void>
  readonly onTrackChange: (device: Device, track: MediaStreamTrack, change: TrackChange) => void
}

const devices = ['camera', 'microphone'] as const satisfies readonly Device[]
const switchOf = { camera: 'video', microphone: 'audio' } as const

/** Own camera and microphone, and the switches for them, which outlast the devices. */
export class LocalMedia {
  readonly #dependencies: LocalMediaDependencies
  #stream: MediaStream | undefined
  #switches: Sending = { audio: true, video: true }
  #request: MediaRequest | undefined
  #opening: Promise<void> | undefined
  /** Aborted by `close`, so that what was opened too late is closed again. */
  #turn = new AbortController()

  constructor(dependencies: LocalMediaDependencies) {
    this.#dependencies = dependencies
  }

  get stream(): MediaStream | undefined {
    return this.#stream
  }

  /** What is open, or being opened. */
  get request(): MediaRequest | undefined {
    return this.#request
  }

  get switches(): Sending {
    return this.#switches
  }

  /** What a partner can see and hear: without a live track nothing, whatever the switches say. */
  get sending(): Sending {
    const { audio, video } = this.#switches
    return { audio: audio && this.#isLive('microphone'), video: video && this.#isLive('camera') }
  }

  /** The device's track, ended or not. */
  track(device: Device): MediaStreamTrack | undefined {
    return trackOf(this.#stream, device)
  }

  /**
   * Opens the devices. Those that are open already, or being opened, are taken over where they are
   * of the same kinds. Where `close()` comes first, they are closed again and nothing is told.
   * @param wishes tried before, in this order, as long as no device can meet them
   * @throws BuddyError a device code
   */
  open(request: MediaRequest, wishes: readonly MediaStreamConstraints[] = []): Promise<void> {
    const { audio, video } = request.constraints
    const current = this.#request?.constraints
    const isSame = !current?.audio === !audio && !current?.video === !video
    if (!this.#opening || !isSame) {
      this.close()
      this.#opening = this.#open([...wishes, request.constraints])
    }
    this.#request = request
    return this.#opening
  }

  /**
   * Opens a device in place of the present one of its kind, which is stopped first: phones open no
   * second camera, and some systems no second microphone, while the first is in use.
   * @returns the new track; undefined where `close()` came first
   * @throws BuddyError a device code; the old track has ended all the same
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

  /** Goes on without a device: its track is stopped and taken out of the stream. */
  remove(device: Device): void {
    const track = this.track(device)
    track?.stop()
    if (track) this.#stream?.removeTrack(track)
  }

  /** Mutes or unmutes the tracks there are, and those to come. */
  setSwitches(switches: Sending): void {
    this.#switches = switches
    for (const device of devices) {
      const track = this.track(device)
      if (track) track.enabled = switches[switchOf[device]]
    }
  }

  /** Ends every track: the camera's light goes out. */
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

  async #open(wishes: readonly MediaStreamConstraints[]): Promise<void> {
    const { signal } = this.#turn
    try {
      const stream = await openFirst(this.#dependencies.environment(), wishes)
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
      // The next attempt is a new one.
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
    // `stop()` tells no `ended`: what is heard was done by the system, or by the device itself.
    listen('ended')
    listen('mute')
    listen('unmute')
  }

  #isLive(device: Device): boolean {
    const track = this.track(device)
    return track !== undefined && track.readyState === 'live' && !track.muted
  }
}
