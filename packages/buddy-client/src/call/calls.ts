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
import { OutgoingMedia } from './outgoing-media.ts'
import type { RoomCallbacks } from './room.ts'
import { Room } from './room.ts'
import type { TextFilter } from '../signaling/text-filter.ts'

/**
 * The time between the connection of a call and the preparation of the next call, which would slow the
 * beginning of the present one.
 */
const prepareNextMs = 1500

interface CallsDependencies {
  readonly environment: CallEnvironment
  readonly events: Emitter<ClientEvents>
  readonly localStream: () => MediaStream | undefined
  readonly sending: () => Sending
  /** Returns false if the message can be neither sent nor kept for later. */
  readonly send: (message: ClientMessage) => boolean
  /** Called with the ICE URLs that this browser rejects, once for each URL. Calls do not use these URLs. */
  readonly onIceUrlsRefused: (urls: readonly string[]) => void
}

/**
 * Manages the calls of a client, one after another. Holds the room that the client is in, and the peer
 * connection that is prepared for the next call.
 */
export class Calls {
  readonly #dependencies: CallsDependencies
  readonly #outgoing: OutgoingMedia
  readonly #setup: CallSetup
  readonly #preparation: LinkPreparation
  #cancelPreparation: Cancel | undefined
  #room: Room | undefined
  #textFilter: TextFilter | undefined

  constructor(dependencies: CallsDependencies) {
    const { environment, localStream, onIceUrlsRefused } = dependencies
    this.#dependencies = dependencies
    const { createVeil } = environment
    const outgoing = (this.#outgoing = new OutgoingMedia({ localStream, createVeil }))
    this.#setup = new CallSetup({ environment, outgoing, onIceUrlsRefused })
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
    this.#outgoing.begin(options)
    this.#preparation.discard()
    this.#textFilter = options.textFilter
  }

  /** Discards the prepared peer connection. Call at the end of a run. A room that is open stays open. */
  end(): void {
    this.#cancelPreparation?.()
    this.#preparation.discard()
    this.#outgoing.close()
  }

  /** Sets the ICE servers for the next call, and for the next ICE restart of the present call. */
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

  /** Turns the low-data limits on or off, for the present call and for later ones. */
  setLowData(isLowData: boolean): void {
    const limits = this.#setup.setLowData(isLowData)
    this.#room?.setLimits(limits)
  }

  /**
   * Sends `track` in place of the present track of its kind, in this call and in the next one.
   * @throws BuddyError (as a rejection) `media-failed` if the browser cannot send the track
   */
  async replaceTrack(track: MediaStreamTrack): Promise<void> {
    try {
      const covered = this.#outgoing.track(track, false)
      await Promise.all([
        this.#room?.replaceTrack(track),
        covered && this.#preparation.replaceTrack(covered),
      ])
    } catch (cause) {
      throw new BuddyError('media-failed', 'the browser does not send this device', { cause })
    }
  }

  /**
   * Resolves with the offer to send with a `ticket` or `next`, for a partner who waits already. Resolves
   * with null in text mode, which has no peer connection, and if the browser fails to create an offer.
   */
  async takeOffer(): Promise<LinkSignal | null> {
    this.#cancelPreparation?.()
    return this.#setup.mode === 'text' ? null : this.#preparation.offer()
  }

  /** Called when the client waits in the queue, because the next partner then sends the offer. */
  handleQueued(): void {
    if (this.#setup.mode !== 'text') this.#preparation.prepareAnswer()
  }

  /**
   * Closes the present room and returns a new one, which the caller opens.
   * @param announcedSending the `sending` state that was sent with the prepared offer; null if none was
   * sent
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
      outgoing: this.#outgoing,
      textFilter: this.#textFilter,
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

  /**
   * Replaces the prepared connection if it is out of date. During a call this waits, because media comes
   * first.
   */
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
