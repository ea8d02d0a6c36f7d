import type { SVGTemplateResult, TemplateResult } from 'lit'
import { html, svg } from 'lit'

const icon = (shapes: SVGTemplateResult): TemplateResult =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shapes}</svg>`

const slash = svg`<path d="M4 4l16 16" />`
const microphoneShape = svg`<rect x="9" y="3" width="6" height="11" rx="3" />
  <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />`
const cameraShape = svg`<rect x="3" y="6.5" width="12.5" height="11" rx="3" />
  <path d="M15.5 11l5.5-3v8l-5.5-3z" />`

const eyeShape = svg`<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z" />
  <circle cx="12" cy="12" r="3" />`

/**
 * Icons in the current text colour. They have no accessible name, because the control around them
 * has one.
 */
export const icons = {
  microphone: icon(microphoneShape),
  microphoneOff: icon(svg`${microphoneShape}${slash}`),
  camera: icon(cameraShape),
  cameraOff: icon(svg`${cameraShape}${slash}`),
  speaker: icon(
    svg`<path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />`,
  ),
  settings: icon(
    svg`<path d="M4 7.5h7M17 7.5h3M4 16.5h3M13 16.5h7" /><circle cx="14" cy="7.5" r="2.7" /><circle cx="10" cy="16.5" r="2.7" />`,
  ),
  flip: icon(
    svg`<path d="M4.5 10A8 8 0 0 1 19 8.5M19.5 14A8 8 0 0 1 5 15.5M19.5 4v4.5H15M4.5 20v-4.5H9" />`,
  ),
  up: icon(svg`<path d="M12 19V5.5M6 11l6-6 6 6" />`),
  next: icon(svg`<path d="M5 5.5v13l8-6.5zM13 5.5v13l8-6.5z" />`),
  stop: icon(svg`<path d="M6 6l12 12M18 6L6 18" />`),
  text: icon(
    svg`<path d="M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 4V16A2.5 2.5 0 0 1 4 13.5z" />`,
  ),
  send: icon(svg`<path d="M4.5 12L20 4.5 15 20l-3.5-6.5zM11.5 13.5L20 4.5" />`),
  play: icon(svg`<path d="M7 4.5v15l12-7.5z" />`),
  shield: icon(svg`<path d="M12 3l7.5 3v5.5c0 4.6-3.1 7.9-7.5 9.5-4.4-1.6-7.5-4.9-7.5-9.5V6z" />`),
  eye: icon(eyeShape),
  eyeOff: icon(svg`${eyeShape}${slash}`),
  flag: icon(svg`<path d="M5.5 21V4M5.5 4.5c4-2.5 7 2.2 13 0v9c-6 2.2-9-2.5-13 0" />`),
  check: icon(svg`<path d="M5 12.5l4.5 4.5L19 7.5" />`),
  skipped: icon(svg`<path d="M7 12h10" />`),
  alert: icon(svg`<circle cx="12" cy="12" r="9" /><path d="M12 7.5v5.5M12 16.3v.2" />`),
  /** Buddy's logo: two overlapping circles. */
  mark: html`<svg class="mark" viewBox="0 0 48 32" aria-hidden="true" focusable="false">
    <circle class="one" cx="17" cy="16" r="13" />
    <circle class="other" cx="31" cy="16" r="13" />
  </svg>`,
} as const
