import type { ReportReason } from '@buddy-chat/protocol'
import type { ClientEnvironment } from './browser-environment.ts'
import { browserEnvironment } from './browser-environment.ts'
import { ClientCore } from './client-core.ts'
import type { CriteriaChange } from './criteria.ts'
import type { Unsubscribe } from './emitter.ts'
import type { Device } from './errors.ts'
import { BuddyError } from './errors.ts'
import type { ClientEvents, Partner } from './events.ts'
import { captureStill } from './media/capture-still.ts'
import type { DeviceInfo } from './media/device-list.ts'
import type { BuddyClientOptions } from './options.ts'
import type { ReportDetails } from './partner-reports.ts'
import type { Sending } from './sending.ts'
import type { ClientState } from './state.ts'

/**
 * A random one-to-one chat without a user interface. The constructor uses no network, requests no
 * permission and sets no timer. A client can be started and stopped any number of times.
 *
 * @example
 * const client = new BuddyClient({ server: 'https://chat.example', name: 'Ana' })
 * client.on('remote-stream', (stream) => (video.srcObject = stream ?? null))
 * await client.start()
 */
export class BuddyClient {
  readonly #core: ClientCore

  /** @param environment the browser functions that the client uses; replaced only in tests */
  constructor(
    options: BuddyClientOptions = {},
    environment: ClientEnvironment = browserEnvironment,
  ) {
    this.#core = new ClientCore(options, environment)
  }

  get state(): ClientState {
    return this.#core.state
  }

  /** The stream of the local camera and microphone, while they are open. All calls use the same stream. */
  get localStream(): MediaStream | undefined {
    return this.#core.media.stream
  }

  /** The partner's media. Undefined until it has arrived, and outside a call. */
  get remoteStream(): MediaStream | undefined {
    return this.#core.room?.remoteStream
  }

  get partner(): Partner | undefined {
    return this.#core.room?.partner
  }

  /** Whether microphone and camera are switched on. These mute switches keep their state between calls. */
  get sending(): Sending {
    return this.#core.media.switches
  }

  /** Calls `listener` for every event `name`. Returns the function that removes the listener. */
  on<Name extends keyof ClientEvents>(
    name: Name,
    listener: (detail: ClientEvents[Name]) => void,
  ): Unsubscribe {
    return this.#core.emitter.on(name, listener)
  }

  /**
   * Opens the devices and connects to the server in parallel, then searches for a partner. If the
   * client is running, returns the promise of the first call. An unreachable server is not a failure:
   * the state becomes `reconnecting`, `retry` events report the reason, and the promise stays pending.
   * @param overrides options that apply to this run only
   * @returns a promise that resolves when the search has begun
   * @throws BuddyError (as a rejection) a device code, with the client `idle` again; the server's reason if
   *   it refuses the client, with the client `closed`; `server-missing`,
   *   `invalid-options` or `webrtc-unavailable`;
   *   `aborted` if `stop()` was called before the search had begun
   */
  start(overrides: BuddyClientOptions = {}): Promise<void> {
    return this.#core.start(overrides)
  }

  /**
   * Leaves the partner and searches for another one. After a lost call, continues the search. Otherwise
   * does nothing.
   */
  next(): void {
    this.#core.next()
  }

  /**
   * Changes whom the user looks for. In the queue, the user keeps the place. In a call, the change applies to
   * the next search; before `start()`, to all runs. Criteria that are not given stay as they are.
   * @throws BuddyError `invalid-options`; then nothing has changed
   */
  setCriteria(criteria: CriteriaChange): void {
    this.#core.setCriteria(criteria)
  }

  /** Ends the call, the search and the connection, and releases camera and microphone. */
  stop(): void {
    this.#core.stop()
  }

  /** Makes the scheduled attempt to reach the server now. Does nothing while connected. */
  retryNow(): void {
    this.#core.channel.retryNow()
  }

  /**
   * Sends a text to the partner.
   * @throws BuddyError `not-in-call`, `server-unreachable`, `invalid-text`, `text-filtered`
   */
  send(text: string): void {
    if (!this.#core.room) throw new BuddyError('not-in-call', 'there is no partner to write to')
    this.#core.room.send(text)
  }

  /** Call at every key press in a text field, so that the partner's client can show that the user types. */
  notifyTyping(): void {
    this.#core.room?.notifyTyping()
  }

  /**
   * With the option `relayUntilTrusted`, agrees that the partner may learn the user's address. Without it,
   * does nothing. Once both users have agreed, the clients look for a direct path without interrupting the
   * call, and each may learn the other's address. The agreement holds for this call and cannot be
   * withdrawn. The event `trust` reports which users have agreed.
   * @throws BuddyError `not-in-call`, `server-unreachable`
   */
  trust(): void {
    if (!this.#core.room) throw new BuddyError('not-in-call', 'there is no partner to trust')
    this.#core.room.trust()
  }

  /**
   * With the option `reveal: 'mutual'`, agrees to show the clear picture to this partner, or covers it again.
   * The picture is clear while both users agree; the event `reveal` reports which of them have agreed. The
   * agreement ends with the call. Without the option, does nothing.
   * @throws BuddyError `not-in-call`; `server-unreachable` if the agreement cannot be sent
   */
  setRevealed(isRevealed: boolean): void {
    if (!this.#core.room)
      throw new BuddyError('not-in-call', 'there is no partner to show a picture')
    this.#core.room.setRevealed(isRevealed)
  }

  /**
   * Resolves with a small JPEG of the partner's present picture, in base64 without a prefix, for a report;
   * undefined if there is no picture. Ask the user before you send it.
   */
  async captureStill(): Promise<string | undefined> {
    return this.remoteStream && captureStill(this.remoteStream)
  }

  /** Mutes or unmutes the microphone. The partner's client is informed. */
  setAudioEnabled(isEnabled: boolean): void {
    this.#core.devices.setSwitches({ audio: isEnabled })
  }

  /** Hides or shows the camera. The partner's client is informed. */
  setVideoEnabled(isEnabled: boolean): void {
    this.#core.devices.setSwitches({ video: isEnabled })
  }

  /** Turns low-data mode on or off. The next `start()` sets it to the option `lowData` again. */
  setLowData(isLowData: boolean): void {
    this.#core.calls.setLowData(isLowData)
  }

  /**
   * Opens camera and microphone as `start()` would, but does not connect. `start()` then uses them, and
   * `stop()` releases them. Does nothing while the client runs, or in text mode.
   * @throws BuddyError (as a rejection) a device code, `invalid-options`
   */
  preview(overrides: BuddyClientOptions = {}): Promise<void> {
    return this.#core.preview(overrides)
  }

  /** Lists cameras, microphones and, if the page can choose one, speakers. Requests no permission. */
  listDevices(): Promise<readonly DeviceInfo[]> {
    return this.#core.devices.list()
  }

  /** Returns the camera or microphone that is open; undefined if none is. */
  deviceInUse(device: Device): DeviceInfo | undefined {
    return this.#core.devices.inUse(device)
  }

  /**
   * Switches to this camera, without a negotiation during a call. If no devices are open, the next start
   * uses it. The present camera is stopped first.
   * @param id an `id` from `listDevices()`
   * @throws BuddyError (as a rejection) a device code; the previous camera is opened again if possible
   */
  setCamera(id: string): Promise<void> {
    return this.#core.devices.choose('camera', id)
  }

  /**
   * Switches to this microphone, as `setCamera` does for cameras.
   * @throws BuddyError (as a rejection) as `setCamera`
   */
  setMicrophone(id: string): Promise<void> {
    return this.#core.devices.choose('microphone', id)
  }

  /**
   * Switches between the front and the back camera, or to the next camera.
   * @throws BuddyError (as a rejection) as `setCamera`, and `device-not-found` if there is only one
   */
  switchCamera(): Promise<void> {
    return this.#core.devices.flip()
  }

  /**
   * Opens a device again after the system has paused it or it was lost; see the event `device`.
   * @throws BuddyError (as a rejection) a device code
   */
  resumeDevice(device: Device): Promise<void> {
    return this.#core.devices.resume(device)
  }

  /**
   * Reports a partner to the operator, and blocks the partner as {@link BuddyClient.block} does. While the
   * connection is lost and the session may be resumed, the client keeps the report. If the session is not
   * resumed, the client emits `error` with `server-unreachable`.
   * @param about the `Partner.room` of the partner to report, or more details; the present or latest partner
   *   by default. If the server does not remember that room, the client emits `error` with `not-in-call`
   * @throws BuddyError `not-in-call` if there was no partner, or the client is stopped; `server-unreachable`
   *   if the report can be neither sent nor kept; `invalid-options` if a detail is too long. Then nothing was
   *   sent, and the call continues
   */
  report(reason: ReportReason, about: string | ReportDetails = {}): void {
    const details = typeof about === 'string' ? { room: about } : about
    this.#core.part('report', ({ reports }) => reports.report(reason, details))
  }

  /**
   * Blocks a partner: the two users never meet again. If it is the present partner, the call ends at once for
   * both, and the client searches for another partner.
   * @param room the `Partner.room` of the partner; the present or latest partner by default
   * @throws BuddyError as {@link BuddyClient.report}
   */
  block(room?: string): void {
    this.#core.part('block', ({ reports }) => reports.block(room))
  }

  /** Resolves with the browser's statistics of the present call; undefined outside a call. */
  async getStats(): Promise<RTCStatsReport | undefined> {
    return this.#core.room?.getStats()
  }
}
