import type { Device } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import { defaultConstraints, forDevice } from './default-constraints.ts'
import type { Sending } from '../sending.ts'
import type { DeviceInfo } from './device-list.ts'
import { listDevices } from './device-list.ts'
import type { MediaRequest, TrackChange } from './local-media.ts'
import { LocalMedia } from './local-media.ts'
import type { MediaEnvironment } from './open-devices.ts'
import { trackKinds } from './open-devices.ts'

/**
 * What happened to a device in use. `live`: the chosen device is in use, or a paused one works again ·
 * `replaced`: the device ended and another was opened in its place · `paused`: the system has muted
 * it, for example during a phone call · `lost`: it cannot be used any more for the reason in `error`,
 * and the client continues without it.
 */
export type DeviceStatus = 'live' | 'replaced' | 'paused' | 'lost'

/** A change of the local camera or microphone. */
export interface DeviceChange {
  readonly device: Device
  readonly status: DeviceStatus
  /** The system's name for the device in use; with `lost`, for the device that was in use. */
  readonly label: string
  /**
   * Only with `lost`: `device-not-found`, `permission-denied`, or the error from opening another
   * device.
   */
  readonly error: BuddyError | undefined
}

/** Selects a device by id or by the direction it faces; any device if empty. */
interface DeviceSelector {
  readonly id?: string
  readonly facing?: string
}

interface DeviceControlDependencies {
  readonly environment: () => MediaEnvironment
  readonly onStream: (stream: MediaStream | undefined) => void
  /** See `LocalMedia`: peer connections must send this track in place of the previous one. */
  readonly onTrack: (track: MediaStreamTrack) => Promise<void>
  /** Called when what a partner can see and hear may have changed. */
  readonly onSending: () => void
  /** Called when the user has muted or unmuted audio or video. */
  readonly onSwitches: (switches: Sending) => void
  readonly onChange: (change: DeviceChange) => void
  /** Called with the device list when devices are opened, and when it changes while they are open. */
  readonly onList: (devices: readonly DeviceInfo[]) => void
}

/**
 * Decides which camera and microphone are in use: those that the user chooses, and a replacement if
 * one is removed.
 */
export class DeviceControl {
  readonly media: LocalMedia
  readonly #dependencies: DeviceControlDependencies
  /** Ids of the devices that the user chose, for now and for the next `open()`. */
  readonly #chosen = new Map<Device, string>()
  /** Ids of devices that ended while in use. They are no replacement until they are plugged in again. */
  readonly #ended = new Set<string>()
  /** Devices for which the Permissions API has reported `granted`. */
  readonly #granted = new Set<Device>()
  /** Runs changes one after the other: concurrent ones would stop each other's new tracks. */
  #changes: Promise<unknown> = Promise.resolve()
  #listening: AbortController | undefined
  #list = ''

  constructor(dependencies: DeviceControlDependencies) {
    this.#dependencies = dependencies
    const { environment, onTrack } = dependencies
    this.media = new LocalMedia({
      environment,
      onStream: (stream) => this.#handleStream(stream),
      onTrack,
      onTrackChange: (device, track, change) => this.#handleTrackChange(device, track, change),
    })
  }

  /** See {@link listDevices}. */
  list(): Promise<readonly DeviceInfo[]> {
    return listDevices(this.#dependencies.environment())
  }

  /** The open device of this kind; undefined if none is open. */
  inUse(device: Device): DeviceInfo | undefined {
    const track = this.media.track(device)
    if (!track) return undefined
    return { kind: device, id: track.getSettings().deviceId ?? '', label: track.label }
  }

  /**
   * Opens the requested devices, and prefers those that the user chose.
   * @throws BuddyError a device code, see `BuddyErrorCode`
   */
  open(request: MediaRequest): Promise<void> {
    const chosen = request.devices.filter((device) => this.#chosen.has(device))
    const { constraints } = request
    // If one of two chosen devices is missing, the other one is still used.
    const single = chosen.map((device) => [device])
    const preferred = (single.length > 1 ? [chosen, ...single] : single).map((devices) => {
      const exact = devices.flatMap((device) => {
        const base = constraints[trackKinds[device]]
        const id = this.#chosen.get(device) ?? ''
        return typeof base === 'object' ? [[trackKinds[device], forDevice(base, id)]] : []
      })
      return { ...constraints, ...Object.fromEntries(exact) } as MediaStreamConstraints
    })
    return this.media.open(request, preferred)
  }

  /**
   * Switches to this device and uses it for the next `open()` too. If no devices are open, only
   * remembers the choice.
   * @throws BuddyError a device code; the previous device is then open again if that was possible
   */
  choose(device: Device, id: string): Promise<void> {
    if (!this.media.stream) {
      this.#chosen.set(device, id)
      return Promise.resolve()
    }
    return this.#change(async () => {
      const current = this.#current(device)
      if (this.#isUsable(device) && current?.id !== id) {
        await this.#use(device, [{ id }], current)
      }
      this.#chosen.set(device, id)
    })
  }

  /**
   * Switches between the front and the back camera, or to the next camera if the current one reports
   * no facing mode. Does nothing if no camera is open.
   * @throws BuddyError `device-not-found` if there is no other camera, and other device codes
   */
  flip(): Promise<void> {
    return this.#change(async () => {
      const { facingMode, deviceId = '' } = this.media.track('camera')?.getSettings() ?? {}
      if (!this.media.track('camera')) return
      const ids = await this.#ids('camera')
      if (ids.length < 2) {
        throw new BuddyError('device-not-found', 'there is no other camera', {
          devices: ['camera'],
        })
      }
      const next = ids[(ids.indexOf(deviceId) + 1) % ids.length] ?? ''
      const facing = { user: 'environment', environment: 'user' }[facingMode ?? '']
      const selectors = [...(facing ? [{ facing }] : []), { id: next }]
      await this.#use('camera', selectors, this.#current('camera'))
      const { id } = this.inUse('camera') ?? {}
      if (id) this.#chosen.set('camera', id)
    })
  }

  /**
   * Reopens a paused or lost device, or opens another of its kind.
   * @throws BuddyError a device code, see `BuddyErrorCode`
   */
  resume(device: Device): Promise<void> {
    return this.#change(async () => {
      if (!this.#isUsable(device)) return
      this.#ended.clear()
      const chosen = this.#chosen.get(device)
      await this.#use(device, chosen ? [{ id: chosen }, {}] : [{}])
    })
  }

  /** Mutes or unmutes audio and video, for open devices and for those opened later. */
  setSwitches(change: Partial<Sending>): void {
    const before = this.media.switches
    const switches = { ...before, ...change }
    if (switches.audio === before.audio && switches.video === before.video) return
    this.media.setSwitches(switches)
    this.#dependencies.onSending()
    this.#dependencies.onSwitches(switches)
  }

  #change(change: () => Promise<void>): Promise<void> {
    const changed = this.#changes.then(change)
    this.#changes = changed.catch(() => undefined)
    return changed
  }

  #isUsable(device: Device): boolean {
    return Boolean(this.media.stream && this.media.request?.devices.includes(device))
  }

  #current(device: Device): { readonly id: string } | undefined {
    const { id } = this.inUse(device) ?? {}
    return id ? { id } : undefined
  }

  async #ids(device: Device): Promise<string[]> {
    return (await this.list()).flatMap(({ kind, id }) => (kind === device ? [id] : []))
  }

  /**
   * Opens the first device that can be opened. If none can, reopens `previous`; if that fails too, the
   * device is lost.
   * @throws BuddyError the error of the last selector
   */
  async #use(
    device: Device,
    selectors: readonly DeviceSelector[],
    previous?: DeviceSelector,
  ): Promise<void> {
    const { label = '' } = this.inUse(device) ?? {}
    const error = await this.#openFirst(device, selectors, 'live')
    if (!error) return
    if (!previous || (await this.#openFirst(device, [previous], 'live'))) {
      this.#lose(device, label, error)
    }
    throw error
  }

  /**
   * Returns undefined if a device was opened, or if `close()` was called meanwhile; otherwise the
   * error of the last selector.
   */
  async #openFirst(
    device: Device,
    selectors: readonly DeviceSelector[],
    status: DeviceStatus,
  ): Promise<BuddyError | undefined> {
    let lastError: BuddyError | undefined
    for (const selector of selectors) {
      try {
        const track = await this.media.replace(device, this.#constraints(device, selector))
        if (!track) return undefined
        this.#dependencies.onSending()
        this.#report(device, status, track.label)
        return undefined
      } catch (error) {
        if (!(error instanceof BuddyError)) throw error
        lastError = error
        if (!this.media.stream) return undefined
      }
    }
    return lastError
  }

  #constraints(device: Device, { id, facing }: DeviceSelector): MediaTrackConstraints {
    const requested = this.media.request?.constraints[trackKinds[device]]
    const base = typeof requested === 'object' ? requested : defaultConstraints[device]
    if (id !== undefined) return forDevice(base, id)
    if (facing === undefined) return base
    const { deviceId: _deviceId, ...others } = base
    return { ...others, facingMode: { exact: facing } }
  }

  #handleStream(stream: MediaStream | undefined): void {
    this.#dependencies.onStream(stream)
    this.#listening?.abort()
    this.#listening = undefined
    this.#ended.clear()
    this.#granted.clear()
    this.#list = ''
    // A listener may have called `close()`.
    if (!stream || this.media.stream !== stream) return
    const { mediaDevices } = this.#dependencies.environment()
    this.#listening = new AbortController()
    const { signal } = this.#listening
    mediaDevices?.addEventListener('devicechange', () => void this.#refresh(signal), { signal })
    void this.#refresh(signal)
    for (const device of ['camera', 'microphone'] as const) {
      void this.#dependencies
        .environment()
        .permission(device)
        .then((state) => {
          if (state === 'granted' && !signal.aborted) this.#granted.add(device)
        })
    }
  }

  /** Calls `onList` only if the list differs: browsers may fire `devicechange` without a change. */
  async #refresh(signal: AbortSignal): Promise<void> {
    const devices = await this.list()
    if (signal.aborted) return
    for (const id of this.#ended) {
      if (!devices.some((device) => device.id === id)) this.#ended.delete(id)
    }
    const list = JSON.stringify(devices)
    if (list === this.#list) return
    this.#list = list
    this.#dependencies.onList(devices)
  }

  #handleTrackChange(device: Device, track: MediaStreamTrack, change: TrackChange): void {
    if (change === 'ended') {
      void this.#change(() => this.#handleEnded(device, track)).catch(() => undefined)
      return
    }
    this.#dependencies.onSending()
    this.#report(device, change === 'mute' ? 'paused' : 'live', track.label)
  }

  /** Falls back to another device of that kind; if none can be opened, continues without one. */
  async #handleEnded(device: Device, track: MediaStreamTrack): Promise<void> {
    if (this.media.track(device) !== track) return
    const { label } = track
    this.#ended.add(track.getSettings().deviceId ?? '')
    const details = { devices: [device] }
    if (await this.#isRevoked(device)) {
      const message = `permission to use the ${device} was revoked`
      this.#lose(device, label, new BuddyError('permission-denied', message, details))
      return
    }
    const others = (await this.#ids(device)).filter((id) => !this.#ended.has(id))
    const selectors = others.map((id) => ({ id }))
    const error = await this.#openFirst(device, selectors, 'replaced')
    // The track is no longer in the stream if another device was opened or `close()` was called.
    if (this.media.track(device) !== track) return
    const ended = new BuddyError('device-not-found', `the ${device} was disconnected`, details)
    this.#lose(device, label, error ?? ended)
  }

  async #isRevoked(device: Device): Promise<boolean> {
    const state = await this.#dependencies.environment().permission(device)
    // `prompt` means revoked only after `granted`: some browsers report `prompt` all the time.
    return state === 'denied' || (state === 'prompt' && this.#granted.has(device))
  }

  #lose(device: Device, label: string, error: BuddyError): void {
    this.media.remove(device)
    this.#dependencies.onSending()
    this.#report(device, 'lost', label, error)
  }

  #report(device: Device, status: DeviceStatus, label: string, error?: BuddyError): void {
    this.#dependencies.onChange({ device, status, label, error })
  }
}
