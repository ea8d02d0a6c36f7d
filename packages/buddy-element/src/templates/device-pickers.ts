import type { DeviceKind } from '@buddy-chat/client'
import type { TemplateResult } from 'lit'
import { html, nothing } from 'lit'
import { live } from 'lit/directives/live.js'
import type { ChatActions } from '../view/chat-actions.ts'
import type { ChatView } from '../view/chat-view.ts'
import { fill } from '../words/fill.ts'
import { icons } from './icons.ts'

function picker(
  kind: DeviceKind,
  { words, devices }: ChatView,
  { chooseDevice }: ChatActions,
): TemplateResult | typeof nothing {
  const choices = devices.list.filter((device) => device.kind === kind)
  if (choices.length === 0) return nothing
  // Some browsers list the system's default speaker under the id `default`. Others do not list it.
  const standard = choices.some(({ id }) => id === 'default') ? 'default' : ''
  const inUse = devices[kind] || (kind === 'speaker' ? standard : '')
  const handleChange = ({ target }: Event): void =>
    chooseDevice(kind, (target as HTMLSelectElement).value)
  return html`<label class="picker">
    ${icons[kind]}<span class="unseen">${words.devices[kind]}</span>
    <select part="picker ${kind}-picker" @change=${handleChange}>
      ${
        inUse === ''
          ? html`<option value="" .selected=${live(true)} ?disabled=${kind !== 'speaker'}>
              ${words.noDevice[kind]}
            </option>`
          : nothing
      }
      ${choices.map(
        ({ id, label }, index) =>
          html`<option value=${id} .selected=${live(id === inUse)}>
            ${label || fill(words.deviceNumber[kind], { number: index + 1 })}
          </option>`,
      )}
    </select>
  </label>`
}

/** The pickers for camera, microphone and speaker, and the microphone's level meter. */
export function devicePickers(view: ChatView, actions: ChatActions): TemplateResult {
  const { words, mode, hasCamera, devices } = view
  return html`<div class="pickers" part="pickers">
    ${mode === 'video' && hasCamera ? picker('camera', view, actions) : nothing}
    ${picker('microphone', view, actions)}
    ${
      devices.microphone
        ? html`<div
            class="level"
            part="level"
            role="meter"
            aria-label=${words.level}
            aria-valuemin="0"
            aria-valuemax="100"
            aria-valuenow="0"
          ></div>`
        : nothing
    }
    ${picker('speaker', view, actions)}
  </div>`
}
