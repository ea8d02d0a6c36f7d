import { beforeEach, describe, expect, test } from 'vitest'
import type { DeviceChange } from './device-control.ts'
import { DeviceControl } from './device-control.ts'
import { defaultConstraints } from './default-constraints.ts'
import type { DeviceInfo } from './device-list.ts'
import type { MediaEnvironment } from './open-devices.ts'

type Machine = Record<string, { kind: MediaDeviceKind; facingMode?: string; isBusy?: boolean }>

class FakeTrack extends EventTarget {
  readonly kind: string
  readonly label: string
  readonly #settings: MediaTrackSettings
  readyState: MediaStreamTrackState = 'live'
  muted = false
  enabled = true

  constructor(kind: string, id: string, facingMode?: string) {
    super()
    this.kind = kind
    this.label = `the ${id}`
    this.#settings = { deviceId: id, ...(facingMode && { facingMode }) }
  }

  getSettings(): MediaTrackSettings {
    return this.#settings
  }

  stop(): void {
    if (this.readyState === 'live') log.push(`stop ${this.#settings.deviceId}`)
    this.readyState = 'ended'
  }

  /** Simulates a change by the system. Such a change fires an event, which `stop()` does not. */
  change(type: 'ended' | 'mute' | 'unmute'): void {
    if (type === 'ended') this.readyState = 'ended'
    else this.muted = type === 'mute'
    this.dispatchEvent(new Event(type))
  }
}

class FakeStream {
  readonly #tracks: FakeTrack[]
  constructor(tracks: FakeTrack[]) {
    this.#tracks = tracks
  }
  getTracks(): FakeTrack[] {
    return [...this.#tracks]
  }
  addTrack(track: FakeTrack): void {
    this.#tracks.push(track)
  }
  removeTrack(track: FakeTrack): void {
    this.#tracks.splice(this.#tracks.indexOf(track), 1)
  }
}

let machine: Machine
let permission: PermissionState
/** The operations on devices (open, stop, send, denied), in order. */
let log: string[]

const wanted = (constraint: MediaTrackConstraints, key: 'deviceId' | 'facingMode'): string =>
  ((constraint[key] as ConstrainDOMStringParameters | undefined)?.exact as string) ?? ''

class FakeMediaDevices extends EventTarget {
  enumerateDevices(): Promise<MediaDeviceInfo[]> {
    const list = Object.entries(machine).map(([deviceId, { kind }]) => ({
      deviceId,
      kind,
      label: `the ${deviceId}`,
    }))
    return Promise.resolve(list as MediaDeviceInfo[])
  }

  async getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream> {
    if (permission !== 'granted') {
      log.push('denied')
      throw new DOMException('', 'NotAllowedError')
    }
    const tracks = (['audio', 'video'] as const).flatMap((kind) => {
      const constraint = constraints[kind]
      return typeof constraint === 'object' ? [this.#open(kind, constraint)] : []
    })
    return new FakeStream(tracks) as unknown as MediaStream
  }

  #open(kind: 'audio' | 'video', constraint: MediaTrackConstraints): FakeTrack {
    const all = Object.entries(machine).filter(([, device]) => device.kind === `${kind}input`)
    if (all.length === 0) throw new DOMException('', 'NotFoundError')
    const exact = wanted(constraint, 'deviceId')
    const facing = wanted(constraint, 'facingMode')
    const [id, device] =
      all.find(
        ([id, { facingMode }]) =>
          (exact === '' || id === exact) && (facing === '' || facingMode === facing),
      ) ?? []
    if (!id || !device) throw new DOMException('', 'OverconstrainedError')
    if (device.isBusy) throw new DOMException('', 'NotReadableError')
    log.push(`open ${id}`)
    return new FakeTrack(kind, id, device.facingMode)
  }
}

const both = {
  devices: ['camera', 'microphone'],
  constraints: { video: defaultConstraints.camera, audio: defaultConstraints.microphone },
} as const

function setUp(): {
  control: DeviceControl
  changes: string[]
  lists: (readonly DeviceInfo[])[]
  /** The value of `media.sending` at each call of `onSending`. */
  reported: string[]
  unplug: (id: string) => void
  plug: (id: string, device: Machine[string]) => void
  track: (device: 'camera' | 'microphone') => FakeTrack
  /** Resolves with the next `DeviceChange`. Call it before the change happens. */
  nextChange: () => Promise<DeviceChange>
} {
  const mediaDevices = new FakeMediaDevices()
  const changes: string[] = []
  const lists: (readonly DeviceInfo[])[] = []
  const reported: string[] = []
  let onNextChange: (change: DeviceChange) => void = () => undefined
  const control = new DeviceControl({
    environment: () =>
      ({
        isSecureContext: true,
        mediaDevices: mediaDevices as unknown as MediaDevices,
        allowsFeature: () => true,
        permission: () => Promise.resolve(permission),
        canChooseSpeaker: true,
      }) satisfies MediaEnvironment,
    onStream: () => undefined,
    onTrack: async (track) => {
      log.push(`send ${track.getSettings().deviceId}`)
    },
    onSending: () => {
      const { audio, video } = control.media.sending
      reported.push(`${audio ? 'audio' : '-'} ${video ? 'video' : '-'}`)
    },
    onSwitches: () => undefined,
    onChange: (change) => {
      changes.push(`${change.device} ${change.status}: ${change.label}`)
      onNextChange(change)
    },
    onList: (list) => lists.push(list),
  })
  const track = (device: 'camera' | 'microphone'): FakeTrack =>
    control.media.track(device) as unknown as FakeTrack
  return {
    control,
    changes,
    lists,
    reported,
    track,
    unplug: (id) => {
      delete machine[id]
      mediaDevices.dispatchEvent(new Event('devicechange'))
      for (const device of ['camera', 'microphone'] as const) {
        if (control.inUse(device)?.id === id) track(device).change('ended')
      }
    },
    plug: (id, device) => {
      machine[id] = device
      mediaDevices.dispatchEvent(new Event('devicechange'))
    },
    nextChange: () => new Promise((resolve) => (onNextChange = resolve)),
  }
}

beforeEach(() => {
  permission = 'granted'
  log = []
  machine = {
    front: { kind: 'videoinput', facingMode: 'user' },
    back: { kind: 'videoinput', facingMode: 'environment' },
    headset: { kind: 'audioinput' },
    builtin: { kind: 'audioinput' },
    loud: { kind: 'audiooutput' },
  }
})

describe('choose', () => {
  test('stops the old device, opens the new one, and then sends its track', async () => {
    const { control } = setUp()
    await control.open(both)
    log = []
    await control.choose('camera', 'back')
    await control.choose('microphone', 'builtin')
    expect(log).toEqual([
      'stop front',
      'open back',
      'send back',
      'stop headset',
      'open builtin',
      'send builtin',
    ])
    expect(control.inUse('camera')).toEqual({ kind: 'camera', id: 'back', label: 'the back' })
    expect(control.media.stream?.getTracks()).toHaveLength(2)
  })

  test('does not reopen the device in use', async () => {
    const { control } = setUp()
    await control.open(both)
    log = []
    await control.choose('camera', 'front')
    expect(log).toEqual([])
  })

  test('remembers a choice for the next `open`, which ignores the choice if the device is missing', async () => {
    const { control } = setUp()
    await control.choose('camera', 'back')
    await control.choose('microphone', 'missing')
    expect(log).toEqual([])
    await control.open(both)
    expect(log).toEqual(['open headset', 'open back'])
    control.media.close()
    await control.open(both)
    expect(control.inUse('camera')?.id).toBe('back')
  })

  test('rejects and opens the previous device again if the new one cannot be opened', async () => {
    const { control, reported } = setUp()
    machine['back'] = { kind: 'videoinput', isBusy: true }
    await control.open(both)
    await expect(control.choose('camera', 'back')).rejects.toMatchObject({ code: 'device-busy' })
    expect(control.inUse('camera')?.id).toBe('front')
    expect(reported).toEqual(['audio video'])
    control.media.close()
    await control.open(both)
    expect(control.inUse('camera')?.id).toBe('front')
  })

  test('reports `lost` if neither the new device nor the previous one can be opened', async () => {
    const { control, changes, reported } = setUp()
    await control.open(both)
    machine['front']!.isBusy = machine['back']!.isBusy = true
    await expect(control.choose('camera', 'back')).rejects.toMatchObject({ code: 'device-busy' })
    expect(changes).toEqual(['camera lost: the front'])
    expect(reported).toEqual(['audio -'])
  })

  test('leaves only the device of the later of two concurrent choices open', async () => {
    const { control } = setUp()
    await control.open(both)
    await Promise.all([control.choose('camera', 'back'), control.choose('camera', 'front')])
    expect(control.inUse('camera')?.id).toBe('front')
    expect(log.filter((entry) => entry.startsWith('open')).length).toBe(4)
    expect(log.filter((entry) => entry.startsWith('stop')).length).toBe(2)
  })

  test('stops a device that opens after `close`', async () => {
    const { control } = setUp()
    await control.open(both)
    log = []
    const chosen = control.choose('camera', 'back')
    await Promise.resolve()
    control.media.close()
    await chosen
    expect(log.at(-1)).toMatch(/stop/)
    expect(control.media.stream).toBeUndefined()
  })

  test('keeps a muted camera muted', async () => {
    const { control, track } = setUp()
    await control.open(both)
    control.setSwitches({ video: false })
    await control.choose('camera', 'back')
    expect(track('camera').enabled).toBe(false)
  })

  test('opens no camera in a mode that has none', async () => {
    const { control } = setUp()
    await control.open({ devices: ['microphone'], constraints: { audio: {}, video: false } })
    await control.choose('camera', 'back')
    expect(control.inUse('camera')).toBeUndefined()
  })

  test('opens a camera in video mode even if none was open before', async () => {
    const { control, reported } = setUp()
    await control.open({ ...both, constraints: { audio: {}, video: false } })
    await control.choose('camera', 'back')
    expect(log).toEqual(['open headset', 'open back', 'send back'])
    expect(reported).toEqual(['audio video'])
  })
})

describe('flip', () => {
  test('alternates between a front and a back camera', async () => {
    machine['zoom'] = { kind: 'videoinput', facingMode: 'environment' }
    const { control } = setUp()
    await control.open(both)
    log = []
    await control.flip()
    await control.flip()
    expect(log).toEqual([
      'stop front',
      'open back',
      'send back',
      'stop back',
      'open front',
      'send front',
    ])
  })

  test('opens the next camera if the cameras report no facing mode', async () => {
    machine = {
      one: { kind: 'videoinput' },
      two: { kind: 'videoinput' },
      three: { kind: 'videoinput' },
      headset: { kind: 'audioinput' },
    }
    const { control } = setUp()
    await control.open(both)
    const ids: unknown[] = []
    for (let flips = 0; flips < 3; flips++) {
      await control.flip()
      ids.push(control.inUse('camera')?.id)
    }
    expect(ids).toEqual(['two', 'three', 'one'])
  })

  test('opens the next camera if no camera faces the other way', async () => {
    machine['back']!.facingMode = 'user'
    const { control, changes } = setUp()
    await control.open(both)
    await control.flip()
    expect(changes).toEqual(['camera live: the back'])
  })

  test('rejects and keeps the camera open if there is only one', async () => {
    delete machine['back']
    const { control } = setUp()
    await control.open(both)
    log = []
    await expect(control.flip()).rejects.toMatchObject({ code: 'device-not-found' })
    expect(log).toEqual([])
  })
})

describe('when the system changes a device, the control', () => {
  test('replaces an unplugged device by another of its kind, without changing `sending`', async () => {
    const { control, unplug, nextChange, reported } = setUp()
    await control.open(both)
    const change = nextChange()
    unplug('headset')
    expect(await change).toMatchObject({
      device: 'microphone',
      status: 'replaced',
      label: 'the builtin',
    })
    expect(log.slice(-2)).toEqual(['open builtin', 'send builtin'])
    expect(reported).toEqual(['audio video'])
  })

  test('reports `lost` if the unplugged device was the only one of its kind', async () => {
    delete machine['back']
    const { control, unplug, nextChange, reported } = setUp()
    await control.open(both)
    const change = nextChange()
    unplug('front')
    expect(await change).toMatchObject({
      device: 'camera',
      status: 'lost',
      error: { code: 'device-not-found', devices: ['camera'] },
    })
    expect(reported).toEqual(['audio -'])
    expect(control.media.stream?.getTracks().map(({ kind }) => kind)).toEqual(['audio'])
  })

  test('reports `lost` for a device that ends while plugged in, and opens it again only on `resume`', async () => {
    delete machine['back']
    const { control, track, nextChange, reported } = setUp()
    await control.open(both)
    const lost = nextChange()
    log = []
    track('camera').change('ended')
    expect((await lost).status).toBe('lost')
    expect(log).toEqual([])
    await control.resume('camera')
    expect(log).toEqual(['open front', 'send front'])
    expect(reported).toEqual(['audio -', 'audio video'])
  })

  test('lists a device that is plugged in again, but does not open it', async () => {
    delete machine['back']
    const { control, unplug, plug, nextChange, lists } = setUp()
    await control.open(both)
    const lost = nextChange()
    unplug('front')
    await lost
    log = []
    plug('front', { kind: 'videoinput' })
    await expect.poll(() => lists.at(-1)?.map(({ id }) => id)).toContain('front')
    expect(log).toEqual([])
  })

  test('reports `lost` and opens no other device if permission was revoked', async () => {
    const { control, track, nextChange } = setUp()
    await control.open(both)
    const change = nextChange()
    permission = 'prompt'
    log = []
    track('camera').change('ended')
    expect(await change).toMatchObject({ status: 'lost', error: { code: 'permission-denied' } })
    expect(log).toEqual([])
  })

  test('reports `paused` when the system mutes a device, and `live` when it unmutes the device', async () => {
    const { control, track, changes, reported } = setUp()
    await control.open(both)
    log = []
    track('microphone').change('mute')
    track('microphone').change('unmute')
    expect(changes).toEqual(['microphone paused: the headset', 'microphone live: the headset'])
    expect(reported).toEqual(['- video', 'audio video'])
    expect(log).toEqual([])
  })

  test('opens a paused device again on `resume`', async () => {
    const { control, track } = setUp()
    await control.open(both)
    track('camera').change('mute')
    log = []
    await control.resume('camera')
    expect(log).toEqual(['stop front', 'open front', 'send front'])
    expect(control.media.sending.video).toBe(true)
  })
})

describe('onList', () => {
  test('is called when devices open, and once for each change while they are open', async () => {
    const { control, plug, lists } = setUp()
    await control.open(both)
    await expect.poll(() => lists.length).toBe(1)
    plug('usb', { kind: 'audioinput' })
    plug('usb', { kind: 'audioinput' })
    await expect.poll(() => lists.length).toBe(2)
    expect(lists[1]?.at(-1)).toEqual({ kind: 'microphone', id: 'usb', label: 'the usb' })
    control.media.close()
    plug('another', { kind: 'audioinput' })
    await control.list()
    expect(lists).toHaveLength(2)
  })
})

describe('open', () => {
  test('reuses devices that are open or being opened', async () => {
    const { control } = setUp()
    await Promise.all([control.open(both), control.open(both)])
    await control.open(both)
    expect(log).toEqual(['open headset', 'open front'])
  })

  test('closes all devices first if other kinds of device are requested', async () => {
    const { control } = setUp()
    await control.open(both)
    await control.open({ ...both, constraints: { audio: {}, video: false } })
    expect(log).toEqual([
      'open headset',
      'open front',
      'stop headset',
      'stop front',
      'open headset',
    ])
  })

  test('opens the devices at the second call if the first call failed', async () => {
    const { control } = setUp()
    permission = 'denied'
    await expect(control.open(both)).rejects.toMatchObject({ code: 'permission-denied' })
    permission = 'granted'
    await control.open(both)
    expect(control.inUse('camera')?.id).toBe('front')
  })
})
