import type { TemplateResult } from 'lit'
import { html } from 'lit'
import { icons } from '../icons.ts'
import type { ChatActions, ChatView } from '../view.ts'
import { words } from '../words.ts'

/** Before anything runs: what this is, a name if one likes, and Start. */
export function startScreen(view: ChatView, actions: ChatActions): TemplateResult {
  const handleSubmit = (event: SubmitEvent): void => {
    event.preventDefault()
    actions.start()
  }
  const handleInput = ({ target }: InputEvent): void =>
    actions.rename((target as HTMLInputElement).value)
  return html`<form class="card" part="start-screen" @submit=${handleSubmit}>
    <slot name="logo">${icons.mark}</slot>
    <h2>${words.title[view.mode]}</h2>
    <p>${words.subtitle[view.mode]}</p>
    <slot name="start"></slot>
    <input
      part="name-input"
      name="name"
      autocomplete="nickname"
      maxlength="40"
      aria-label=${words.nameLabel}
      placeholder=${words.namePlaceholder}
      .value=${view.name}
      @input=${handleInput}
    />
    <button class="primary" part="start-button" type="submit">${words.start}</button>
    <p class="fine">${words.privacy[view.mode]}</p>
  </form>`
}
