import type { BuddyError, Device, DeviceChange, DeviceKind, Unsubscribe } from '@buddy-chat/client'
import type { ChatClient } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import { recallDevices, rememberDevice } from './remembered-devices.ts'
import type { DevicesView } from '../view/chat-view.ts'
import { initialView } from '../view/initial-view.ts'

interface OwnDevicesDependencies {
  readonly client: ChatClient
  /** Whether the site lets choices be kept. */
  readonly remembers: () => boolean
  readonly onView: (devices: DevicesView) => void
  readonly onChange: (change: DeviceChange) => void
  /** A choice of the visitor failed. */
  readonly onError: (error: BuddyError) => void
}

/** The part of the controller that is about camera, microphone and speaker. */
export class OwnDevices {
  readonly #dependencies: OwnDevicesDependencies
  #view: DevicesView = initialView.devices
  #hasRecalled = false

  constructor(dependencies: OwnDevicesDependencies) {
    this.#dependencies = dependencies
  }

  listen(): Unsubscribe[] {
    const { client } = this.#dependencies
    return [
      client.on('devices', (list) => this.#show({ list })),
      client.on('device', (change) => this.#handleChange(change)),
      client.on('local-stream', (stream) => {
        if (stream) this.#show({ trouble: {} })
        else this.#show({ ...initialView.devices, speaker: this.#view.speaker })
      }),
    ]
  }

  /** What was chosen on an earlier visit is chosen again, where the site allows that. */
  recall(): void {
    const { client, remembers } = this.#dependencies
    if (this.#hasRecalled || !remembers()) return
    this.#hasRecalled = true
    const { camera, microphone, speaker } = recallDevices()
    // Nothing is open yet: neither can fail.
    if (camera) void client.setCamera(camera)
    if (microphone) void client.setMicrophone(microphone)
    if (speaker) this.#show({ speaker })
  }

  togglePanel(): void {
    this.#show({ isPanelOpen: !this.#view.isPanelOpen })
  }

  choose(kind: DeviceKind, id: string): void {
    const { client } = this.#dependencies
    if (kind === 'speaker') {
      this.#show({ speaker: id })
      this.#keep(kind, id)
      return
    }
    void this.#try(async () => {
      await (kind === 'camera' ? client.setCamera(id) : client.setMicrophone(id))
      this.#keep(kind, id)
    })
  }

  /** The speaker could not be used: the system's own is. */
  refuseSpeaker(): void {
    this.#show({ speaker: '' })
  }

  flip(): void {
    const { client } = this.#dependencies
    void this.#try(async () => {
      await client.switchCamera()
      const { id } = client.deviceInUse('camera') ?? {}
      if (id) this.#keep('camera', id)
    })
  }

  resume(device: Device): void {
    void this.#try(() => this.#dependencies.client.resumeDevice(device))
  }

  async #try(change: () => Promise<void>): Promise<void> {
    const { onError } = this.#dependencies
    try {
      await change()
    } catch (error) {
      if (!isBuddyError(error)) throw error
      onError(error)
    }
    // A choice that came to nothing is undone on the screen, too.
    this.#show({})
  }

  /** Only what a person chose is kept: not what took the place of something unplugged. */
  #keep(kind: DeviceKind, id: string): void {
    if (this.#dependencies.remembers()) rememberDevice(kind, id)
  }

  #handleChange(change: DeviceChange): void {
    const { onChange } = this.#dependencies
    const { device, status } = change
    const isTrouble = status === 'paused' || status === 'lost'
    const { [device]: _former, ...others } = this.#view.trouble
    this.#show({ trouble: isTrouble ? { ...others, [device]: change } : others })
    onChange(change)
  }

  #show(change: Partial<DevicesView>): void {
    const { client, onView } = this.#dependencies
    const { list, speaker } = { ...this.#view, ...change }
    const cameras = list.filter(({ kind }) => kind === 'camera').length
    const isSpeakerGone = list.length > 0 && !list.some(({ id }) => id === speaker)
    const facing = client.localStream?.getVideoTracks()[0]?.getSettings().facingMode ?? ''
    this.#view = {
      ...this.#view,
      ...change,
      speaker: isSpeakerGone ? '' : speaker,
      camera: client.deviceInUse('camera')?.id ?? '',
      microphone: client.deviceInUse('microphone')?.id ?? '',
      facing,
      // On a desk one picks a camera by name; on a phone one turns it round.
      canFlip: cameras > 1 && (facing !== '' || matchMedia('(pointer: coarse)').matches),
    }
    onView(this.#view)
  }
}
