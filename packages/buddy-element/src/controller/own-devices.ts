import type { BuddyError, Device, DeviceChange, DeviceKind, Unsubscribe } from '@buddy-chat/client'
import type { ChatClient } from '../client/client-part.ts'
import { isBuddyError } from '../client/is-buddy-error.ts'
import type { DevicesView } from '../view/chat-view.ts'
import { initialView } from '../view/chat-view.ts'
import { recallDevices, rememberDevice } from './remembered-devices.ts'

interface OwnDevicesDependencies {
  readonly client: ChatClient
  /** Returns whether devices that the visitor chose may be stored for the next visit. */
  readonly remembers: () => boolean
  readonly onView: (devices: DevicesView) => void
  readonly onChange: (change: DeviceChange) => void
  /** Called when a device that the visitor chose or resumed cannot be used. */
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

  /**
   * Selects the devices that the visitor chose on an earlier visit. Does this once, and only if the
   * page has set `remember`.
   */
  recall(): void {
    const { client, remembers } = this.#dependencies
    if (this.#hasRecalled || !remembers()) return
    this.#hasRecalled = true
    const { camera, microphone, speaker } = recallDevices()
    // These calls cannot fail, because no device is open yet.
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

  /** Selects the system's default speaker. Called when the chosen speaker cannot be used. */
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
    // If the change failed, the pickers show the device in use again.
    this.#show({})
  }

  /**
   * Stores a device that the visitor chose, if the page has set `remember`. A device that replaced
   * an unplugged one is not stored.
   */
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
      // On a phone, one button switches between the cameras. On a desktop, the visitor picks a
      // camera by its name instead.
      canFlip: cameras > 1 && (facing !== '' || matchMedia('(pointer: coarse)').matches),
    }
    onView(this.#view)
  }
}
