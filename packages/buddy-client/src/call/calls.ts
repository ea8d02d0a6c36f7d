import type { ClientMessage, MessageOf } from '@buddy-chat/protocol'
import type { Cancel } from '../clock.ts'
import type { Emitter } from '../emitter.ts'
import { BuddyError } from '../errors.ts'
import type { ClientEvents } from '../events.ts'
import type { ResolvedOptions } from '../options.ts'
import { LinkPreparation } from '../peer/link-preparation.ts'
import type { Sending } from '../sending.ts'
import type { LinkSignal } from '../signal.ts'
import type { CallEnvironment } from './call-environment.ts'
import { CallSetup } from './call-setup.ts'
import type { RoomCallbacks } from './room.ts'
import { Room } from './room.ts'

/** The next call is prepared this long after a call has connected, so that it does not slow it down. */
const prepareNextMs = 1500

interface CallsDependencies {
  readonly environment: CallEnvironment
  readonly events: Emitter<ClientEvents>
  readonly localStream: () => MediaStream | undefined
  readonly sending: () => Sending
  /** Returns false if the message can be neither sent nor kept for later. */
  readonly send: (message: ClientMessage) => boolean
  /** Called with ICE URLs that this browser rejects, once for each URL. Calls do not use them. */
  readonly onIceUrlsRefused: (urls: readonly string[]) => void
}

/**
 * The calls of a client, one after another: the room that the client is in, and the peer connection
 * that is prepared for the next one.
 */
export class Calls {
  readonly #dependencies: CallsDependencies
  readonly #setup: CallSetup
  readonly #preparation: LinkPreparation
  #cancelPreparation: Cancel | undefined
  #room: Room | undefined

  constructor(dependencies: CallsDependencies) {
    const { environment } = dependencies
    this.#dependencies = dependencies
    this.#setup = new CallSetup(dependencies)
    this.#preparation = new LinkPreparation(() =>
      environment.preparesCalls ? this.#setup.createLink() : undefined,
    )
  }

  /** The room that the client is in. */
  get room(): Room | undefined {
    return this.#room
  }

  /** See {@link CallSetup.refusal}. */
  get refusal(): BuddyError | undefined {
    return this.#setup.refusal
  }

  /**
   * Applies the options of a new run.
   * @throws BuddyError `webrtc-unavailable` if the mode needs WebRTC and the browser has none
   */
  begin(options: ResolvedOptions): void {
    this.#setup.begin(options)
    this.#preparation.discard()
  }

  /** Discards what is prepared. Call at the end of a run; an open room stays. */
  end(): void {
    this.#cancelPreparation?.()
    this.#preparation.discard()
  }

  /** Takes new ICE servers, for the next call and for the next ICE restart of the present one. */
  setIceServers(iceServers: MessageOf<'ice-servers'>['iceServers']): void {
    this.#setup.setIceServers(iceServers)
    this.#handleStale()
    this.#room?.handleIceServers()
  }

  /** Called when the machine has changed to another network. */
  handleNetworkChange(): void {
    this.#handleStale()
    this.#room?.handleNetworkChange()
  }

  /** Limits the data that the present call and later ones send, or lifts that limit. */
  setLowData(isLowData: boolean): void {
    const limits = this.#setup.setLowData(isLowData)
    this.#room?.setLimits(limits)
  }

  /**
   * Sends `track` in place of the track of its kind, in the present call and in the next one.
   * @throws BuddyError (as a rejection) `media-failed` if the browser does not send it
   */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    try {
      await Promise.all([this.#room?.replaceTrack(track), this.#preparation.replaceTrack(track)])
    } catch (cause) {
      throw new BuddyError('media-failed', 'the browser does not send this device', { cause })
    }
  }

  /**
   * Resolves with the offer that a ticket carries for a partner who waits already. Null if there is
   * none: text mode has no peer connection, and the browser may fail to create one.
   */
  async takeOffer(): Promise<LinkSignal | null> {
    this.#cancelPreparation?.()
    return this.#setup.mode === 'text' ? null : this.#preparation.offer()
  }

  /** Called when the client waits in the queue: the next partner sends the offer. */
  handleQueued(): void {
    if (this.#setup.mode !== 'text') this.#preparation.prepareAnswer()
  }

  /**
   * Enters a room in place of the present one. The caller opens it.
   * @param announcedSending what the offer of the ticket said that this client sends; null if nothing
   */
  enter(
    matched: MessageOf<'matched'>,
    announcedSending: Sending | null,
    callbacks: RoomCallbacks,
  ): Room {
    this.close()
    const { environment, events, sending, send } = this.#dependencies
    const room = new Room({
      ...callbacks,
      matched,
      environment,
      events,
      send,
      setup: this.#setup,
      takeLink: (role) => this.#preparation.take(role),
      sending: sending(),
      announcedSending,
      onConnected: () => {
        if (this.#setup.mode !== 'text') this.#prepareLater()
        callbacks.onConnected()
      },
    })
    this.#room = room
    return room
  }

  /** Closes the room. Does nothing if there is none. */
  close(): void {
    const room = this.#room
    this.#room = undefined
    this.#cancelPreparation?.()
    room?.close()
  }

  /** Replaces what is prepared if it does not fit any more; in a call later, because media comes first. */
  #handleStale(): void {
    if (!this.#preparation.handleStale()) return
    if (this.#room) this.#prepareLater()
    else this.#preparation.prepareOffer()
  }

  #prepareLater(): void {
    this.#cancelPreparation?.()
    this.#cancelPreparation = this.#dependencies.environment.clock.after(prepareNextMs, () =>
      this.#preparation.prepareOffer(),
    )
  }
}
