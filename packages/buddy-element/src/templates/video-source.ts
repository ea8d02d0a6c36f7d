import type { DirectiveResult } from 'lit/directive.js'
import { guard } from 'lit/directives/guard.js'

/**
 * The value of a video's `srcObject`. Lit would set an object again with each rendering, and each time the browser
 * would restart the video, which is black until then.
 */
export function videoSource(stream: MediaStream | undefined): DirectiveResult {
  return guard([stream], () => stream ?? null)
}
