import { css } from 'lit'

/** Interests and languages: chips, the fields that add more, and the panel while waiting. */
export const criteria = css`
  .criteria,
  .criteria-fields,
  .criterion {
    display: flex;
    flex-direction: column;
    gap: 8px;
    inline-size: 100%;
    min-inline-size: 0;
  }

  .criterion {
    gap: 4px;
  }

  .criteria-toggle {
    display: flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-block-size: 34px;
    padding: 0 10px;
    border-radius: 12px;
    background: transparent;
    color: inherit;
    font-size: 0.9rem;
  }

  .criteria-toggle span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .criteria-toggle:hover {
    background: color-mix(in srgb, var(--accent) 16%, transparent);
  }

  .chip-box,
  .chip-row,
  .chips {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px;
    min-inline-size: 0;
  }

  .chip-box {
    padding: 5px 8px;
    border: 1px solid light-dark(#8d88a8, #6d6a88);
    border-radius: 14px;
    background: var(--ground);
    cursor: text;
  }

  .chip-box:focus-within {
    outline: 3px solid color-mix(in srgb, var(--accent) 65%, white);
    outline-offset: 2px;
  }

  .chip-box input {
    flex: 1 1 140px;
    inline-size: auto;
    min-inline-size: 0;
    min-block-size: 36px;
    padding: 0 6px;
    border: 0;
    border-radius: 8px;
    outline: 0;
    background: transparent;
    text-align: start;
  }

  .chip-box input::placeholder {
    color: var(--quiet);
    opacity: 1;
  }

  .chip {
    display: inline-flex;
    align-items: center;
    max-inline-size: 100%;
    min-block-size: 34px;
    padding-inline: 12px;
    border: 1px solid transparent;
    border-radius: 999px;
    background: color-mix(in srgb, var(--accent) 20%, var(--raised));
    color: var(--text);
    font-size: 0.92rem;
  }

  .chip:has(button) {
    padding-inline-end: 2px;
  }

  .chip span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .chip button {
    display: grid;
    flex: none;
    inline-size: 30px;
    block-size: 30px;
    padding: 0;
    border-radius: 50%;
    background: transparent;
    color: inherit;
    font-size: 0.72rem;
    place-items: center;
  }

  .chip button:hover:where(:not([aria-disabled])) {
    background: color-mix(in srgb, var(--accent) 34%, transparent);
  }

  .adder {
    display: flex;
    flex: 1 1 170px;
    gap: 6px;
    min-inline-size: 0;
  }

  .adder select {
    flex: 1;
    min-block-size: 36px;
    padding-inline: 10px 6px;
    border-radius: 12px;
    font-size: 0.92rem;
  }

  .add {
    min-block-size: 36px;
    padding: 0 12px;
    border: 1px solid var(--line);
    border-radius: 12px;
    background: var(--raised);
    color: var(--text);
    font-size: 0.92rem;
  }

  .add:hover {
    filter: brightness(1.07);
  }

  .criterion .refusal {
    color: light-dark(#b0143a, #ffb3c0);
    font-size: 0.86rem;
    text-align: start;
  }

  /* Where there is space, the start screen shows the fields without a button. */
  .card .criteria-toggle {
    display: none;
  }

  @container buddy (height < 600px) {
    .card .criteria-toggle {
      display: flex;
    }

    .card .criteria:not(.open) .criteria-fields {
      display: none;
    }

    .card .mark {
      display: none;
    }
  }

  /* The fields take the place of the introduction, so that Start stays in view. */
  @container buddy (height < 600px) {
    .card:has(.criteria.open) :is(h2, p:not(.refusal, .unseen), .mark) {
      display: none;
    }
  }

  @container buddy (height < 700px) {
    .card.previewing .criteria {
      display: none;
    }
  }

  .choices {
    display: flex;
    flex-wrap: wrap;
    justify-content: center;
    gap: 6px;
    max-inline-size: min(100%, 620px);
  }

  .choice {
    min-block-size: 36px;
    max-inline-size: 100%;
    padding: 5px 14px;
    border: 1px solid transparent;
    border-radius: 18px;
    background: rgb(255 255 255 / 14%);
    color: #fff;
    font-size: 0.9rem;
    line-height: 1.25;
    text-shadow: none;
  }

  .choice:hover {
    background: rgb(255 255 255 / 24%);
  }

  .choice[aria-pressed='true'] {
    background: #fff;
    color: #1a1730;
  }

  .text-mode .choice {
    border-color: var(--line);
    background: var(--raised);
    color: var(--text);
  }

  .text-mode .choice[aria-pressed='true'] {
    background: var(--text);
    color: var(--raised);
  }

  /* A long sentence about the search is smaller than the other titles. */
  .status h2.search {
    max-inline-size: 32ch;
    font-size: clamp(1.15rem, 0.9rem + 1.2cqi, 1.5rem);
  }

  /* The devices button is in the corner above the text. */
  @container buddy (width < 600px) or (height < 430px) {
    .stage:has(.corner) .status:has(.choices) {
      inset-block-start: calc(max(14px, env(safe-area-inset-top)) + 48px);
    }
  }

  @container buddy (height < 560px) {
    .status:has(.choices) .pulse {
      display: none;
    }

    .status:has(.choices) {
      gap: 6px;
    }
  }

  .criteria-panel header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 8px;
  }

  .criteria-panel .close {
    flex: none;
    margin: -8px -8px -8px 0;
    background: transparent;
  }

  @media (forced-colors: active) {
    .chip,
    .add,
    .choice,
    .criteria-toggle {
      border: 1px solid ButtonText;
    }

    .chip-box:focus-within {
      outline-color: Highlight;
    }

    .choice[aria-pressed='true'] {
      border-width: 3px;
    }
  }
`
