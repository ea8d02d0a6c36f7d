import type { Unsubscribe } from '@buddy-chat/client'
import type { ClientPart } from '../client/client-part.ts'

/**
 * Moves a level meter along with a microphone. It changes with every picture, so it goes past the
 * templates: only the one property is set.
 */
export class LevelDisplay {
  readonly #watch: ClientPart['watchAudioLevel']
  #node: HTMLElement | undefined
  #track: MediaStreamTrack | undefined
  #stop: Unsubscribe | undefined

  constructor(watch: ClientPart['watchAudioLevel']) {
    this.#watch = watch
  }

  /** Shows `track` in `node` from now on; without either, nothing is listened to. */
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
  // A screen reader that follows is told of steps, not of every tremor.
  const step = String(Math.round(level * 10) * 10)
  if (node.ariaValueNow !== step) node.ariaValueNow = step
}
