import type { BuddyError, ClientEvents, Unsubscribe } from '@buddy-chat/client'
import type { ChatClient } from '../client/client-part.ts'
import type { BuddyEventDetails, BuddyEventName } from '../events.ts'
import { withMessage } from '../view/conversation.ts'
import { initialView } from '../view/chat-view.ts'
import { isRunning } from '../view/is-running.ts'
import type { ViewState } from '../view/view-state.ts'
import { visibleName } from '../view/visible-name.ts'
import { explain, explainCallEnd } from '../words/explain.ts'

interface ClientListenerDependencies {
  readonly client: ChatClient
  readonly viewState: ViewState
  /** Returns whether the field for text messages has the focus. */
  readonly isWriting: () => boolean
  /** Called when the client has stopped. */
  readonly onStopped: () => void
  /** Dispatches a DOM event. */
  readonly announce: <Name extends BuddyEventName>(
    name: Name,
    detail: BuddyEventDetails[Name],
  ) => void
}

/** Turns the events of the client into changes of the view and into DOM events for the page. */
export class ClientListener {
  readonly #dependencies: ClientListenerDependencies
  readonly #viewState: ViewState

  constructor(dependencies: ClientListenerDependencies) {
    this.#dependencies = dependencies
    this.#viewState = dependencies.viewState
  }

  listen(): Unsubscribe[] {
    const { client } = this.#dependencies
    const viewState = this.#viewState
    return [
      client.on('state', (change) => this.#handleState(change)),
      client.on('local-stream', (localStream) => viewState.show({ localStream })),
      client.on('remote-stream', (remoteStream) =>
        viewState.show({ remoteStream, needsPlay: false }),
      ),
      client.on('match', (match) => this.#handleMatch(match)),
      client.on('message', (message) => this.#handleMessage(message)),
      client.on('typing', ({ isTyping }) => viewState.show({ isPartnerTyping: isTyping })),
      client.on('trust', (trust) => this.#handleTrust(trust)),
      client.on('partner-sending', (partnerSending) => viewState.show({ partnerSending })),
      client.on('sending', (sending) => viewState.show({ sending })),
      client.on('leave', (leave) => this.#handleLeave(leave)),
      client.on('waiting', ({ online }) => viewState.show({ online })),
      client.on('stats', ({ online }) => viewState.show({ online })),
      client.on('searching', (search) => viewState.showSearch(search)),
      client.on('retry', (retry) => viewState.showRetry(retry)),
      client.on('welcome', ({ allowsText }) => this.#handleWelcome(allowsText)),
      client.on('quality', (quality) => this.#handleQuality(quality)),
      client.on('interruption', ({ step }) => this.#handleInterruption(step)),
      client.on('partner-away', ({ isAway }) => viewState.showPartnerAway(isAway)),
      client.on('measure', (measure) => viewState.show({ measure })),
      client.on('error', (error) => this.handleError(error)),
    ]
  }

  /**
   * Dispatches `buddy-error` and shows the error: on the problem screen if it closed the client,
   * otherwise as a notice.
   */
  handleError(error: BuddyError): void {
    const { client, announce } = this.#dependencies
    if (client.state === 'closed') this.#viewState.show({ problem: error })
    else this.#viewState.showNotice(explain(this.#viewState.view.words, error).title)
    announce('buddy-error', { error })
  }

  #handleState({ state, previous }: ClientEvents['state']): void {
    const { client, announce, onStopped } = this.#dependencies
    this.#viewState.hideRetry()
    // Checks the client instead of `state`, because an earlier listener of this event may have
    // started the client again.
    if (!isRunning(client)) onStopped()
    this.#viewState.show({
      state,
      search: undefined,
      ...(state !== 'reconnecting' && { isLost: false }),
      ...((state === 'connected' || state === 'idle') && { hasCallFailed: false }),
    })
    announce('buddy-state-change', { state, previous })
  }

  #handleMatch({ partner, interests, languages, isRematch }: ClientEvents['match']): void {
    const { words } = this.#viewState.view
    const shown = { ...partner, name: visibleName(partner.name, words.stranger) }
    this.#viewState.hideNoticeOfCall()
    this.#viewState.showPartnerAway(false)
    this.#viewState.show({
      partner: shown,
      meeting: {
        interests: interests.filter((interest) => visibleName(interest, '')),
        languages,
        isRematch,
      },
      messages: [],
      unread: 0,
      isPartnerTyping: false,
      interruption: 'none',
      quality: initialView.quality,
      isLost: false,
      partnerSending: initialView.partnerSending,
      trust: undefined,
      isTrustPostponed: false,
    })
    this.#dependencies.announce('buddy-match', {
      partner: shown,
      interests,
      languages,
      isRematch,
    })
  }

  #handleMessage(message: ClientEvents['message']): void {
    const { messages, unread, isTextOpen } = this.#viewState.view
    const isUnread = message.from === 'partner' && !isTextOpen
    this.#viewState.show({
      messages: withMessage(messages, message),
      unread: isUnread ? unread + 1 : unread,
    })
    this.#dependencies.announce('buddy-message', message)
  }

  #handleLeave({ reason, isSearching }: ClientEvents['leave']): void {
    const { isWriting, announce } = this.#dependencies
    const { words, partner, isTextOpen } = this.#viewState.view
    const isLost = reason === 'call-failed' && !isSearching
    const notice = explainCallEnd(words, reason, partner?.name ?? '')
    this.#viewState.showPartnerAway(false)
    this.#viewState.show({
      partner: undefined,
      isPartnerTyping: false,
      // The text panel stays open while the visitor writes, so that the unsent message stays
      // visible.
      isTextOpen: isTextOpen && isWriting(),
      unread: 0,
      interruption: 'none',
      isLost,
      ...(reason === 'call-failed' && { hasCallFailed: true }),
    })
    if (notice && !isLost) this.#viewState.showNotice(notice)
    announce('buddy-leave', { reason })
  }

  #handleQuality(quality: ClientEvents['quality']): void {
    const { receiving, sending } = quality
    const shown = this.#viewState.view.quality
    // The client reports quality every 2 s. In most reports only the statistics differ, and the
    // element does not show those.
    const isShown = receiving === shown.receiving && sending === shown.sending
    if (!isShown) this.#viewState.show({ quality: { receiving, sending } })
    this.#dependencies.announce('buddy-quality', quality)
  }

  #handleInterruption(step: ClientEvents['interruption']['step']): void {
    this.#viewState.show({ interruption: step })
    this.#dependencies.announce('buddy-interruption', { step })
  }

  #handleTrust(trust: ClientEvents['trust']): void {
    this.#viewState.show({ trust })
    if (trust.self && trust.partner) {
      this.#viewState.showNotice(this.#viewState.view.words.bothTrust)
    }
    this.#dependencies.announce('buddy-trust', trust)
  }

  #handleWelcome(allowsText: boolean): void {
    this.#viewState.hideRetry()
    this.#viewState.show({ allowsText })
  }
}
