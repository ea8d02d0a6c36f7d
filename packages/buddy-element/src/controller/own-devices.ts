import type { BuddyError, Device, DeviceChange, DeviceKind, Unsubscribe } from '@buddy-chat/client'
import type { ChatClient } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import type { DevicesView } from '../view/chat-view.ts'
import { initialView } from '../view/initial-view.ts'
import { recallDevices, rememberDevice } from './remembered-devices.ts'

interface OwnDevicesDependencies {
  readonly client: ChatClient
  /** Whether chosen devices may be stored for the next visit. */
  readonly remembers: () => boolean
  readonly onView: (devices: DevicesView) => void
  readonly onChange: (change: DeviceChange) => void
  /** A choice of the visitor failed. */
  readonly onError: (error: BuddyError) => void
}

/**
 * Applies the visitor's choices of camera, microphone and speaker, and shows the devices in the
 * view.
 */
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

  /** Selects the devices of an earlier visit, once, if the site allows it. */
  recall(): void {
    const { client, remembers } = this.#dependencies
    if (this.#hasRecalled || !remembers()) return
    this.#hasRecalled = true
    const { camera, microphone, speaker } = recallDevices()
    // No device is open yet, so that neither call can fail.
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
      this.#remember(kind, id)
      return
    }
    void this.#try(async () => {
      await (kind === 'camera' ? client.setCamera(id) : client.setMicrophone(id))
      this.#remember(kind, id)
    })
  }

  /** Falls back to the system's speaker, because the chosen one cannot be used. */
  refuseSpeaker(): void {
    this.#show({ speaker: '' })
  }

  flip(): void {
    const { client } = this.#dependencies
    void this.#try(async () => {
      await client.switchCamera()
      const { id } = client.deviceInUse('camera') ?? {}
      if (id) this.#remember('camera', id)
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
    // Shows the device in use instead of a choice that failed.
    this.#show({})
  }

  /** Stores a choice of the visitor. A device that replaced an unplugged one is not stored. */
  #remember(kind: DeviceKind, id: string): void {
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
      // On a phone one button switches the camera. On a desktop the visitor chooses by name.
      canFlip: cameras > 1 && (facing !== '' || matchMedia('(pointer: coarse)').matches),
    }
    onView(this.#view)
  }
}
