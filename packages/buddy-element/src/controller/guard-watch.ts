import type { BuddyError, BuddyErrorCode, Unsubscribe } from '@buddy-chat/client'
import type { GuardChange, GuardRunner, GuardSource } from '@buddy-chat/client/guard'
import type { ChatClient, ClientPart } from '../client/client-part.ts'
import type { BuddyEventDetails } from '../events.ts'
import type { ChatView, GuardView } from '../view/chat-view.ts'
import { noGuardView } from '../view/chat-view.ts'
import { isRunning } from '../view/is-running.ts'
import { fill } from '../words/fill.ts'

interface GuardWatchDependencies {
  readonly client: ChatClient
  readonly createRunner: ClientPart['createGuardRunner']
  readonly createError: (code: BuddyErrorCode, message: string) => BuddyError
  readonly view: () => ChatView
  /** Returns the guard that the page has set; undefined if none. */
  readonly source: () => GuardSource | undefined
  readonly isHidden: () => boolean
  readonly onView: (view: GuardView) => void
  readonly onNotice: (notice: string) => void
  readonly onError: (error: BuddyError) => void
  /** Dispatches `buddy-guard`. Returns false if a listener has cancelled it. */
  readonly announce: (detail: BuddyEventDetails['buddy-guard']) => boolean
  /** Returns whether only a coarse picture is sent until both users agree to show theirs. */
  readonly isRevealMutual: () => boolean
}

/**
 * Checks the pictures of a video chat with the page's guard, and acts on its verdicts. A runner exists only
 * while the client runs in video mode and the page has set a guard. What a guard has hidden stays
 * hidden when the page sets another guard or removes it, until the visitor shows it or the other guard finds it
 * harmless.
 */
export class GuardWatch {
  readonly #dependencies: GuardWatchDependencies
  #runner: GuardRunner | undefined
  #source: GuardSource | undefined
  /** Whether the visitor wants to see the present partner in spite of the verdict. */
  #isPartnerWanted = false
  /** With `reveal="mutual"`: whether the visitor has agreed to show the clear picture to the present partner. */
  #isRevealed = false

  constructor(dependencies: GuardWatchDependencies) {
    this.#dependencies = dependencies
  }

  /** The listeners of this class have to be added after those that update the view. */
  listen(): Unsubscribe[] {
    const { client } = this.#dependencies
    return [
      client.on('state', () => this.refresh()),
      client.on('local-stream', () => this.refresh()),
      client.on('remote-stream', () => {
        this.#isPartnerWanted = false
        this.#show({ isPartnerVeiled: false })
        this.refresh()
      }),
      client.on('sending', ({ video }) => {
        // The visitor has switched the camera on again.
        if (video && this.#view.self === 'off') this.#handleSelfShown()
      }),
      client.on('match', () => {
        this.#isRevealed = false
        if (this.#view.self === 'coarse') this.#show({ self: 'shown' })
      }),
      client.on('reveal', ({ self }) => this.#handleReveal(self)),
    ]
  }

  /** Creates or closes the runner, as the page's guard and the state of the client require. */
  refresh(): void {
    const { client, view, source } = this.#dependencies
    const { mode, localStream, remoteStream } = view()
    const isNeeded = isRunning(client) && mode === 'video'
    const wanted = isNeeded ? source() : undefined
    if (wanted !== this.#source) this.#replace(wanted)
    if (!isRunning(client) && this.#view !== noGuardView) {
      const wasOff = this.#view.self === 'off'
      this.#dependencies.onView(noGuardView)
      // The next start begins with the camera as the visitor had it.
      if (wasOff) client.setVideoEnabled(true)
    }
    this.#runner?.setStream('self', localStream)
    this.#runner?.setStream('partner', remoteStream, this.#view.isPartnerVeiled ? 'veil' : 'ok')
  }

  /** Shows the present partner in spite of the verdict. */
  showPartner(): void {
    this.#isPartnerWanted = true
    this.#show({ isPartnerVeiled: false })
  }

  /** Sends the visitor's clear picture again, and has it checked again. */
  showSelf(): void {
    const { client } = this.#dependencies
    if (this.#view.self === 'off') client.setVideoEnabled(true)
    else if (this.#view.self === 'coarse') this.#setRevealed(true)
  }

  /** Ends all checks. */
  release(): void {
    this.#replace(undefined)
  }

  get #view(): GuardView {
    return this.#dependencies.view().guard
  }

  #show(change: Partial<GuardView>): void {
    this.#dependencies.onView({ ...this.#view, ...change })
  }

  #replace(source: GuardSource | undefined): void {
    this.#runner?.close()
    this.#runner = undefined
    this.#source = source
    if (!source) return
    const { createRunner, isHidden } = this.#dependencies
    this.#runner = createRunner(
      {
        guard: source,
        onVerdict: (change) => this.#handleVerdict(change),
        onFailure: (error) => this.#handleFailure(error),
      },
      isHidden,
    )
  }

  /** Stops sending the visitor's clear picture. */
  #hideSelf(): void {
    const { client, isRevealMutual } = this.#dependencies
    if (!isRevealMutual()) {
      client.setVideoEnabled(false)
      this.#show({ self: 'off' })
    } else if (this.#isRevealed) {
      this.#setRevealed(false)
      this.#show({ self: 'coarse' })
    }
    // Otherwise only a coarse picture is sent anyway.
  }

  #setRevealed(isRevealed: boolean): void {
    try {
      this.#dependencies.client.setRevealed(isRevealed)
    } catch {
      // The partner has left, or the message cannot be sent. In both cases the clear picture is not sent.
    }
  }

  #handleReveal(isRevealed: boolean): void {
    const isNew = isRevealed && !this.#isRevealed
    this.#isRevealed = isRevealed
    // Verdicts had no effect while only a coarse picture was sent, so the picture is checked again.
    if (isNew) this.#handleSelfShown()
  }

  #handleSelfShown(): void {
    this.#show({ self: 'shown' })
    // Forgets the verdict, so that the guard reports it again if the picture has not changed.
    this.#runner?.setStream('self', undefined)
    this.refresh()
  }

  #handleVerdict(change: GuardChange): void {
    if (!this.#dependencies.announce(change)) return
    if (change.subject === 'self') this.#handleOwn(change)
    else this.#handlePartners(change)
  }

  #handleOwn({ verdict }: GuardChange): void {
    const { client, view, onNotice } = this.#dependencies
    if (verdict === 'ok') return
    if (verdict === 'warn') {
      onNotice(view().words.ownPictureWarned)
      return
    }
    this.#hideSelf()
    if (verdict === 'leave' && view().partner) client.next()
  }

  #handlePartners({ verdict }: GuardChange): void {
    const { client, view, onNotice } = this.#dependencies
    const { words, partner } = view()
    const name = partner?.name ?? ''
    if (verdict === 'leave' && partner) {
      client.next()
      onNotice(fill(words.pictureLeft, { partner: name }))
      return
    }
    const isVeiled = verdict === 'veil' || verdict === 'leave'
    this.#show({ isPartnerVeiled: isVeiled && !this.#isPartnerWanted })
    if (verdict === 'warn') onNotice(fill(words.pictureWarned, { partner: name }))
  }

  #handleFailure(error: unknown): void {
    const { createError, onError } = this.#dependencies
    this.#runner = undefined
    const reason = error instanceof Error ? error.message : String(error)
    onError(createError('guard-failed', `pictures are not checked any more: ${reason}`))
  }
}
