import type { Device } from '../errors.ts'
import { BuddyError } from '../errors.ts'
import { defaultConstraints, forDevice } from './default-constraints.ts'
import type { Sending } from '../signal.ts'
import type { DeviceInfo } from './device-list.ts'
import { listDevices } from './device-list.ts'
import type { MediaRequest, TrackChange } from './local-media.ts'
import { LocalMedia } from './local-media.ts'
import type { MediaEnvironment } from './open-devices.ts'
import { trackKinds } from './open-devices.ts'

/**
 * What became of a device in use. `live`: a chosen one is in use, or a paused one again ·
 * `replaced`: it was gone, and another has taken its place · `paused`: the system mutes it, as in a
 * phone call · `lost`: it is gone, `error` says why, and one goes on without.
 */
export type DeviceStatus = 'live' | 'replaced' | 'paused' | 'lost'

/** News of one's own camera or microphone. */
export interface DeviceChange {
  readonly device: Device
  readonly status: DeviceStatus
  /** The device in use, as the system names it; the one that was, where it is lost. */
  readonly label: string
  /** Only where it is lost: `device-not-found`, `permission-denied`, or what opening another gave. */
  readonly error: BuddyError | undefined
}

/** Which device is to be opened: this very one, or one that faces so; any where it is empty. */
interface Wish {
  readonly exact?: string
  readonly facing?: string
}

interface DeviceControlDependencies {
  readonly environment: () => MediaEnvironment
  readonly onStream: (stream: MediaStream | undefined) => void
  /** See `LocalMedia`: whoever sends the track before it sends this one now. */
  readonly onTrack: (track: MediaStreamTrack) => Promise<void>
  /** What a partner can see and hear may have changed. */
  readonly onSending: () => void
  /** What one lets a partner see and hear was changed by hand. */
  readonly onSwitches: (switches: Sending) => void
  readonly onChange: (change: DeviceChange) => void
  /** The devices there are, when devices are opened and whenever one comes or goes meanwhile. */
  readonly onList: (devices: readonly DeviceInfo[]) => void
}

/** Which camera and microphone are in use: chosen by a person, or by what happens to the machine. */
export class DeviceControl {
  readonly media: LocalMedia
  readonly #dependencies: DeviceControlDependencies
  /** Chosen by a person, for now and for the next time. */
  readonly #chosen = new Map<Device, string>()
  /** Ended while in use: not tried again by itself as long as they are there. */
  readonly #ended = new Set<string>()
  /** Devices this page was plainly allowed to use. */
  readonly #granted = new Set<Device>()
  /** One change after the other: two at once would each stop what the other has opened. */
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

  /** The device that is open; undefined where none is. */
  inUse(device: Device): DeviceInfo | undefined {
    const track = this.media.track(device)
    if (!track) return undefined
    return { kind: device, id: track.getSettings().deviceId ?? '', label: track.label }
  }

  /**
   * Opens what is asked for, preferably the devices that were chosen.
   * @throws BuddyError a device code
   */
  open(request: MediaRequest): Promise<void> {
    const chosen = request.devices.filter((device) => this.#chosen.has(device))
    const { constraints } = request
    // One that is not here any more is no reason to fail, nor to forget the other one.
    const alone = chosen.map((device) => [device])
    const wishes = (alone.length > 1 ? [chosen, ...alone] : alone).map((wished) => {
      const exact = wished.flatMap((device) => {
        const asked = constraints[trackKinds[device]]
        const id = this.#chosen.get(device) ?? ''
        return typeof asked === 'object' ? [[trackKinds[device], forDevice(asked, id)]] : []
      })
      return { ...constraints, ...Object.fromEntries(exact) } as MediaStreamConstraints
    })
    return this.media.open(request, wishes)
  }

  /**
   * Uses this device from now on, and the next time. Nothing is opened where nothing is open.
   * @throws BuddyError a device code; the one before is open again, where it could be
   */
  choose(device: Device, id: string): Promise<void> {
    if (!this.media.stream) {
      this.#chosen.set(device, id)
      return Promise.resolve()
    }
    return this.#change(async () => {
      const current = this.#current(device)
      if (this.#isUsable(device) && current?.exact !== id) {
        await this.#use(device, [{ exact: id }], current)
      }
      this.#chosen.set(device, id)
    })
  }

  /**
   * Turns from the front camera to the back one, or the other way; where cameras do not say how they
   * face, to the next of them. Does nothing where none is open.
   * @throws BuddyError `device-not-found` where there is no other camera, and other device codes
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
      const wishes = [...(facing ? [{ facing }] : []), { exact: next }]
      await this.#use('camera', wishes, this.#current('camera'))
      const { id } = this.inUse('camera') ?? {}
      if (id) this.#chosen.set('camera', id)
    })
  }

  /**
   * Opens a device anew that is paused or lost, or another of its kind.
   * @throws BuddyError a device code
   */
  resume(device: Device): Promise<void> {
    return this.#change(async () => {
      if (!this.#isUsable(device)) return
      this.#ended.clear()
      const chosen = this.#chosen.get(device)
      await this.#use(device, chosen ? [{ exact: chosen }, {}] : [{}])
    })
  }

  /** Mutes or hides, or shows again, what is open and what will be. */
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

  #current(device: Device): { readonly exact: string } | undefined {
    const { id } = this.inUse(device) ?? {}
    return id ? { exact: id } : undefined
  }

  async #ids(device: Device): Promise<string[]> {
    return (await this.list()).flatMap(({ kind, id }) => (kind === device ? [id] : []))
  }

  /**
   * Opens the first wish that can be met. Where none can, `former` is opened again, or the device is
   * lost.
   * @throws BuddyError why the last wish was not met
   */
  async #use(device: Device, wishes: readonly Wish[], former?: Wish): Promise<void> {
    const { label = '' } = this.inUse(device) ?? {}
    const refusal = await this.#openFirst(device, wishes, 'live')
    if (!refusal) return
    if (!former || (await this.#openFirst(device, [former], 'live'))) {
      this.#lose(device, label, refusal)
    }
    throw refusal
  }

  /** Returns undefined when one is open, or all was closed meanwhile; else why the last is not. */
  async #openFirst(
    device: Device,
    wishes: readonly Wish[],
    status: DeviceStatus,
  ): Promise<BuddyError | undefined> {
    let refusal: BuddyError | undefined
    for (const wish of wishes) {
      try {
        const track = await this.media.replace(device, this.#constraints(device, wish))
        if (!track) return undefined
        this.#dependencies.onSending()
        this.#tell(device, status, track.label)
        return undefined
      } catch (error) {
        if (!(error instanceof BuddyError)) throw error
        refusal = error
        if (!this.media.stream) return undefined
      }
    }
    return refusal
  }

  #constraints(device: Device, { exact, facing }: Wish): MediaTrackConstraints {
    const asked = this.media.request?.constraints[trackKinds[device]]
    const base = typeof asked === 'object' ? asked : defaultConstraints[device]
    if (exact !== undefined) return forDevice(base, exact)
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
    // A listener may have closed it at once.
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

  /** Some browsers report one change several times, and some changes are none. */
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
    this.#tell(device, change === 'mute' ? 'paused' : 'live', track.label)
  }

  /** Another of the kind takes its place; where there is none, or none may be used, one does without. */
  async #handleEnded(device: Device, track: MediaStreamTrack): Promise<void> {
    if (this.media.track(device) !== track) return
    const { label } = track
    this.#ended.add(track.getSettings().deviceId ?? '')
    const details = { devices: [device] }
    if (await this.#isRevoked(device)) {
      const message = `permission to use the ${device} was taken back`
      this.#lose(device, label, new BuddyError('permission-denied', message, details))
      return
    }
    const others = (await this.#ids(device)).filter((id) => !this.#ended.has(id))
    const wishes = others.map((exact) => ({ exact }))
    const refusal = await this.#openFirst(device, wishes, 'replaced')
    // Where another is open, or all was closed, this track is not here any more.
    if (this.media.track(device) !== track) return
    const gone = new BuddyError('device-not-found', `the ${device} is gone`, details)
    this.#lose(device, label, refusal ?? gone)
  }

  async #isRevoked(device: Device): Promise<boolean> {
    const state = await this.#dependencies.environment().permission(device)
    // Where it was never plainly granted, being asked again is how this browser is.
    return state === 'denied' || (state === 'prompt' && this.#granted.has(device))
  }

  #lose(device: Device, label: string, error: BuddyError): void {
    this.media.remove(device)
    this.#dependencies.onSending()
    this.#tell(device, 'lost', label, error)
  }

  #tell(device: Device, status: DeviceStatus, label: string, error?: BuddyError): void {
    this.#dependencies.onChange({ device, status, label, error })
  }
}
