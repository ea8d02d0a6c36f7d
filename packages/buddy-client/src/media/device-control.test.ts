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

  /** What the system does, which `stop()` is not. */
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
/** What is done to devices, in order. */
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
      log.push('asked')
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
  news: DeviceChange[]
  lists: (readonly DeviceInfo[])[]
  /** What partners were told, whenever they were. */
  told: string[]
  unplug: (id: string) => void
  plug: (id: string, device: Machine[string]) => void
  track: (device: 'camera' | 'microphone') => FakeTrack
  /** The next piece of news. */
  next: () => Promise<DeviceChange>
} {
  const mediaDevices = new FakeMediaDevices()
  const news: DeviceChange[] = []
  const changes: string[] = []
  const lists: (readonly DeviceInfo[])[] = []
  const told: string[] = []
  let onNews: (change: DeviceChange) => void = () => undefined
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
      told.push(`${audio ? 'audio' : '-'} ${video ? 'video' : '-'}`)
    },
    onSwitches: () => undefined,
    onChange: (change) => {
      news.push(change)
      changes.push(`${change.device} ${change.status}: ${change.label}`)
      onNews(change)
    },
    onList: (list) => lists.push(list),
  })
  const track = (device: 'camera' | 'microphone'): FakeTrack =>
    control.media.track(device) as unknown as FakeTrack
  return {
    control,
    changes,
    news,
    lists,
    told,
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
    next: () => new Promise((resolve) => (onNews = resolve)),
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

describe('chosen by a person', () => {
  test('the old device is stopped before the new one is opened, and then the new one is sent', async () => {
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

  test('the device in use is not opened anew', async () => {
    const { control } = setUp()
    await control.open(both)
    log = []
    await control.choose('camera', 'front')
    expect(log).toEqual([])
  })

  test('before anything is open it is kept for then, and one that is gone by then is no failure', async () => {
    const { control } = setUp()
    await control.choose('camera', 'back')
    await control.choose('microphone', 'lost long ago')
    expect(log).toEqual([])
    await control.open(both)
    expect(log).toEqual(['open headset', 'open back'])
    control.media.close()
    await control.open(both)
    expect(control.inUse('camera')?.id).toBe('back')
  })

  test('a refusal is told, the one before is open again, and it stays chosen', async () => {
    const { control, told } = setUp()
    machine['back'] = { kind: 'videoinput', isBusy: true }
    await control.open(both)
    await expect(control.choose('camera', 'back')).rejects.toMatchObject({ code: 'device-busy' })
    expect(control.inUse('camera')?.id).toBe('front')
    expect(told).toEqual(['audio video'])
    control.media.close()
    await control.open(both)
    expect(control.inUse('camera')?.id).toBe('front')
  })

  test('a refusal, and the one before is gone too: one goes on without', async () => {
    const { control, changes, told } = setUp()
    await control.open(both)
    machine['front']!.isBusy = machine['back']!.isBusy = true
    await expect(control.choose('camera', 'back')).rejects.toMatchObject({ code: 'device-busy' })
    expect(changes).toEqual(['camera lost: the front'])
    expect(told).toEqual(['audio -'])
  })

  test('two choices at once: the later one holds, and nothing else stays open', async () => {
    const { control } = setUp()
    await control.open(both)
    await Promise.all([control.choose('camera', 'back'), control.choose('camera', 'front')])
    expect(control.inUse('camera')?.id).toBe('front')
    expect(log.filter((line) => line.startsWith('open')).length).toBe(4)
    expect(log.filter((line) => line.startsWith('stop')).length).toBe(2)
  })

  test('a device that opens after everything was closed is closed again', async () => {
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

  test('a switch that is off stays off', async () => {
    const { control, track } = setUp()
    await control.open(both)
    control.setSwitches({ video: false })
    await control.choose('camera', 'back')
    expect(track('camera').enabled).toBe(false)
  })

  test('a mode without camera opens none', async () => {
    const { control } = setUp()
    await control.open({ devices: ['microphone'], constraints: { audio: {}, video: false } })
    await control.choose('camera', 'back')
    expect(control.inUse('camera')).toBeUndefined()
  })

  test('without camera in a mode that has one, choosing one adds it', async () => {
    const { control, told } = setUp()
    await control.open({ ...both, constraints: { audio: {}, video: false } })
    await control.choose('camera', 'back')
    expect(log).toEqual(['open headset', 'open back', 'send back'])
    expect(told).toEqual(['audio video'])
  })
})

describe('flipping', () => {
  test('front, back, front: by the way they face', async () => {
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

  test('cameras that do not say how they face: one after the other', async () => {
    machine = {
      one: { kind: 'videoinput' },
      two: { kind: 'videoinput' },
      three: { kind: 'videoinput' },
      headset: { kind: 'audioinput' },
    }
    const { control } = setUp()
    await control.open(both)
    const seen: unknown[] = []
    for (let flips = 0; flips < 3; flips++) {
      await control.flip()
      seen.push(control.inUse('camera')?.id)
    }
    expect(seen).toEqual(['two', 'three', 'one'])
  })

  test('no camera faces the other way: the next one', async () => {
    machine['back']!.facingMode = 'user'
    const { control, changes } = setUp()
    await control.open(both)
    await control.flip()
    expect(changes).toEqual(['camera live: the back'])
  })

  test('a single camera goes on undisturbed', async () => {
    delete machine['back']
    const { control } = setUp()
    await control.open(both)
    log = []
    await expect(control.flip()).rejects.toMatchObject({ code: 'device-not-found' })
    expect(log).toEqual([])
  })
})

describe('changed by the system', () => {
  test('unplugged: another of the kind takes its place, and partners see no gap', async () => {
    const { control, unplug, next, told } = setUp()
    await control.open(both)
    const change = next()
    unplug('headset')
    expect(await change).toMatchObject({
      device: 'microphone',
      status: 'replaced',
      label: 'the builtin',
    })
    expect(log.slice(-2)).toEqual(['open builtin', 'send builtin'])
    expect(told).toEqual(['audio video'])
  })

  test('unplugged and there is no other: one goes on without, and says so', async () => {
    delete machine['back']
    const { control, unplug, next, told } = setUp()
    await control.open(both)
    const change = next()
    unplug('front')
    expect(await change).toMatchObject({
      device: 'camera',
      status: 'lost',
      error: { code: 'device-not-found', devices: ['camera'] },
    })
    expect(told).toEqual(['audio -'])
    expect(control.media.stream?.getTracks().map(({ kind }) => kind)).toEqual(['audio'])
  })

  test('ended though it is there: not tried again by itself, but when asked', async () => {
    delete machine['back']
    const { control, track, next, told } = setUp()
    await control.open(both)
    const lost = next()
    log = []
    track('camera').change('ended')
    expect((await lost).status).toBe('lost')
    expect(log).toEqual([])
    await control.resume('camera')
    expect(log).toEqual(['open front', 'send front'])
    expect(told).toEqual(['audio -', 'audio video'])
  })

  test('plugged in again it counts as new, but nothing is opened by itself', async () => {
    delete machine['back']
    const { control, unplug, plug, next, lists } = setUp()
    await control.open(both)
    const lost = next()
    unplug('front')
    await lost
    log = []
    plug('front', { kind: 'videoinput' })
    await expect.poll(() => lists.at(-1)?.map(({ id }) => id)).toContain('front')
    expect(log).toEqual([])
  })

  test('permission taken back: nothing else is asked for', async () => {
    const { control, track, next } = setUp()
    await control.open(both)
    const change = next()
    permission = 'prompt'
    log = []
    track('camera').change('ended')
    expect(await change).toMatchObject({ status: 'lost', error: { code: 'permission-denied' } })
    expect(log).toEqual([])
  })

  test('muted by the system and back: partners are told, nothing is opened', async () => {
    const { control, track, changes, told } = setUp()
    await control.open(both)
    log = []
    track('microphone').change('mute')
    track('microphone').change('unmute')
    expect(changes).toEqual(['microphone paused: the headset', 'microphone live: the headset'])
    expect(told).toEqual(['- video', 'audio video'])
    expect(log).toEqual([])
  })

  test('muted and asked to resume: the same device is opened anew', async () => {
    const { control, track } = setUp()
    await control.open(both)
    track('camera').change('mute')
    log = []
    await control.resume('camera')
    expect(log).toEqual(['stop front', 'open front', 'send front'])
    expect(control.media.sending.video).toBe(true)
  })
})

describe('the list', () => {
  test('is told when devices open, and once for each change', async () => {
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

describe('opened in advance', () => {
  test('what is open, or being opened, is taken over', async () => {
    const { control } = setUp()
    await Promise.all([control.open(both), control.open(both)])
    await control.open(both)
    expect(log).toEqual(['open headset', 'open front'])
  })

  test('other kinds are opened anew, and what was open is closed', async () => {
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

  test('a refusal is not remembered', async () => {
    const { control } = setUp()
    permission = 'denied'
    await expect(control.open(both)).rejects.toMatchObject({ code: 'permission-denied' })
    permission = 'granted'
    await control.open(both)
    expect(control.inUse('camera')?.id).toBe('front')
  })
})
