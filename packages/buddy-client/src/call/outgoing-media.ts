import type { Veil } from '../media/veil.ts'
import type { ResolvedOptions } from '../options.ts'

interface OutgoingMediaDependencies {
  readonly localStream: () => MediaStream | undefined
  readonly createVeil: () => Veil
}

interface OutgoingTrack {
  readonly kind: string
  readonly track: MediaStreamTrack | undefined
}

/**
 * Decides which tracks are sent. Peer connections get their tracks only from here, so that no connection has
 * a clear track before both users have agreed.
 */
export class OutgoingMedia {
  readonly #dependencies: OutgoingMediaDependencies
  #isVeiling = false
  #veilsAudio = false
  #veil: Veil | undefined

  constructor(dependencies: OutgoingMediaDependencies) {
    this.#dependencies = dependencies
  }

  /** Whether tracks are covered until both users of a room have agreed. */
  get isVeiling(): boolean {
    return this.#isVeiling
  }

  /** Applies the options of a new run. */
  begin({ reveal, revealAudio, mode }: ResolvedOptions): void {
    this.close()
    this.#isVeiling = reveal === 'mutual' && mode === 'video'
    this.#veilsAudio = !revealAudio
  }

  /**
   * Returns the stream for a new peer connection; undefined if it only receives.
   * @param isRevealed whether both users of the room have agreed; false before there is a room
   */
  stream(isRevealed: boolean): MediaStream | undefined {
    const local = this.#dependencies.localStream()
    if (!local || !this.#isVeiling || isRevealed) return local
    return new MediaStream(local.getTracks().flatMap((track) => this.track(track, false) ?? []))
  }

  /**
   * Returns the track to send for a local track; undefined if nothing may be sent.
   * @param isRevealed whether both users of the room have agreed; false before there is a room
   */
  track(local: MediaStreamTrack, isRevealed: boolean): MediaStreamTrack | undefined {
    const isCovered = local.kind === 'video' || this.#veilsAudio
    if (!this.#isVeiling || isRevealed || !isCovered) return local
    this.#veil ??= this.#dependencies.createVeil()
    return this.#veil.cover(local)
  }

  /**
   * Returns the tracks that replace those of a peer connection when the users agree or withdraw. Without a `track`,
   * nothing of this kind may be sent.
   */
  tracks(isRevealed: boolean): readonly OutgoingTrack[] {
    const local = this.#dependencies.localStream()?.getTracks() ?? []
    return local.map((track) => ({ kind: track.kind, track: this.track(track, isRevealed) }))
  }

  /** Stops the covered tracks. Call this at the end of a run. */
  close(): void {
    this.#veil?.close()
    this.#veil = undefined
  }
}
