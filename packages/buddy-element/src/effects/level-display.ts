import type { Unsubscribe } from '@buddy-chat/client'
import type { ClientPart } from '../client/client-part.ts'

/**
 * Shows the level of a microphone in a meter. The level changes with every frame. Therefore this
 * class sets one CSS property and does not render the templates again.
 */
export class LevelDisplay {
  readonly #watch: ClientPart['watchAudioLevel']
  #node: HTMLElement | undefined
  #track: MediaStreamTrack | undefined
  #stop: Unsubscribe | undefined

  constructor(watch: ClientPart['watchAudioLevel']) {
    this.#watch = watch
  }

  /** Measures `track` and shows its level in `node`. If either is undefined, it stops measuring. */
  show(node: HTMLElement | undefined, track: MediaStreamTrack | undefined): void {
    if (node === this.#node && track === this.#track) return
    this.#node = node
    this.#track = track
    this.#stop?.()
    this.#stop = node && track && this.#watch(track, (level) => draw(node, level))
  }
}

function draw(node: HTMLElement, level: number): void {
  node.style.setProperty('--level', level.toFixed(3))
  // Rounded to steps of 10, because a screen reader may announce each change.
  const step = String(Math.round(level * 10) * 10)
  if (node.ariaValueNow !== step) node.ariaValueNow = step
}
