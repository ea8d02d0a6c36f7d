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
 * What happened to the camera or microphone in use:
 * - `live`: the chosen device is in use, or a paused device works again
 * - `replaced`: the device was removed or failed, and another one was opened in its place
 * - `paused`: the system has muted the device, for example during a phone call
 * - `lost`: the device cannot be used any more, and the client continues without it. `error` is the reason
 */
export type DeviceStatus = 'live' | 'replaced' | 'paused' | 'lost'

/** A change of the local camera or microphone. */
export interface DeviceChange {
  readonly device: Device
  readonly status: DeviceStatus
  /**
   * The system's name for the device in use. If `status` is `lost`, the name of the device that was lost.
   */
  readonly label: string
  /**
   * Why the device was lost: `device-not-found`, `permission-denied`, or the error of opening another
   * device in its place. Undefined unless `status` is `lost`.
   */
  readonly error: BuddyError | undefined
}

/** Selects a device by its id or by the direction it faces. Without both, any device will do. */
interface DeviceSelector {
  readonly id?: string
  readonly facing?: string
}

interface DeviceControlDependencies {
  readonly environment: () => MediaEnvironment
  readonly onStream: (stream: MediaStream | undefined) => void
  /**
   * Called with a new track, which peer connections must send in place of the previous track of its kind.
   */
  readonly onTrack: (track: MediaStreamTrack) => Promise<void>
  /** Called when `media.sending`, that is, what a partner can see and hear, may have changed. */
  readonly onSending: () => void
  /** Called when the user has muted or unmuted audio or video. */
  readonly onSwitches: (switches: Sending) => void
  readonly onChange: (change: DeviceChange) => void
  /** Called with the list of devices when devices are opened, and when it changes while they are open. */
  readonly onList: (devices: readonly DeviceInfo[]) => void
}

/**
 * Decides which camera and microphone are in use. Uses those that the user chooses. If one is removed,
 * opens another of its kind.
 */
export class DeviceControl {
  readonly media: LocalMedia
  readonly #dependencies: DeviceControlDependencies
  /** The ids of the devices that the user chose. They also apply to the next `open()`. */
  readonly #chosen = new Map<Device, string>()
  /** Ids of devices that ended while in use. They do not replace others until they are plugged in again. */
  readonly #ended = new Set<string>()
  /** The kinds of device for which the Permissions API has reported `granted`. */
  readonly #granted = new Set<Device>()
  /** Runs changes one after the other, because concurrent changes would stop each other's new tracks. */
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

  /** Returns the open device of this kind; undefined if none is open. */
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
    // Both chosen devices are tried first, then each alone, so that one is used even if the other is
    // missing.
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
   * Switches to this device, and makes the next `open()` use it too. If no devices are open, only
   * remembers the choice.
   * @throws BuddyError (as a rejection) a device code; the previous device is opened again if possible
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
   * Opens a paused or lost device again. If that is not possible, opens another device of its kind.
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
   * Tries the selectors in order until a device opens. If none opens, opens `previous` again. If that fails
   * too, reports the device as lost.
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
   * Tries the selectors in order until a device opens. Returns the error of the last selector if none
   * opens. Returns undefined if one opened, or if `close()` was called meanwhile.
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
    // `onStream` may have called `close()`.
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

  /**
   * Calls `onList` only if the list has changed, because browsers may fire `devicechange` without a
   * change.
   */
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

  /** Opens another device of this kind. If none can be opened, reports the device as lost. */
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
    // If another track is in the stream, another device was opened. If none is, `close()` was called.
    if (this.media.track(device) !== track) return
    const ended = new BuddyError('device-not-found', `the ${device} was disconnected`, details)
    this.#lose(device, label, error ?? ended)
  }

  async #isRevoked(device: Device): Promise<boolean> {
    const state = await this.#dependencies.environment().permission(device)
    // `prompt` means "revoked" only if it follows `granted`, because some browsers always report `prompt`.
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
