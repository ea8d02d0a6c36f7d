import { css } from 'lit'

/**
 * The text panel. It is beside the stage if there is space; otherwise it is a sheet over the stage.
 */
export const textPanel = css`
  .running {
    --sheet: min(58cqb, 420px);
  }

  .panel {
    display: grid;
    grid-template-rows: minmax(0, 1fr) auto auto;
    min-block-size: 0;
    background: var(--raised);
    color: var(--text);
  }

  .messages {
    display: flex;
    flex-direction: column;
    gap: 6px;
    overflow: hidden auto;
    padding: 16px 14px 8px;
    overscroll-behavior: contain;
  }

  .messages p {
    max-inline-size: 84%;
    padding: 8px 13px;
    border-radius: 17px;
    font-size: 0.95rem;
    overflow-wrap: anywhere;
    unicode-bidi: plaintext;
    white-space: pre-wrap;
  }

  .messages p:first-child {
    margin-block-start: auto;
  }

  .messages .partner {
    align-self: start;
    border-end-start-radius: 5px;
    background: var(--ground);
  }

  .messages .self {
    align-self: end;
    border-end-end-radius: 5px;
    background: color-mix(in srgb, var(--accent) 84%, #1a0f4a);
    color: var(--accent-text);
  }

  .messages .empty {
    align-self: center;
    margin-block-end: auto;
    color: var(--quiet);
    text-align: center;
  }

  .typing {
    display: flex;
    align-items: center;
    gap: 8px;
    min-block-size: 26px;
    overflow: hidden;
    padding: 0 16px;
    color: var(--quiet);
    font-size: 0.84rem;
    white-space: nowrap;
  }

  .typing > :last-child {
    overflow: hidden;
    text-overflow: ellipsis;
  }

  .dots {
    display: inline-flex;
    gap: 3px;
  }

  .dots i {
    inline-size: 5px;
    block-size: 5px;
    border-radius: 50%;
    background: currentcolor;
    animation: dot 1.2s ease-in-out infinite;
  }

  .dots i:nth-child(2) {
    animation-delay: 0.15s;
  }

  .dots i:nth-child(3) {
    animation-delay: 0.3s;
  }

  @keyframes dot {
    50% {
      transform: translateY(-3px);
    }
  }

  .compose {
    display: flex;
    align-items: end;
    gap: 8px;
    padding: 8px 12px max(12px, env(safe-area-inset-bottom));
  }

  textarea {
    flex: 1;
    min-inline-size: 0;
    max-block-size: 120px;
    min-block-size: 46px;
    padding: 11px 15px;
    border: 1px solid light-dark(#8d88a8, #6d6a88);
    border-radius: 20px;
    background: var(--ground);
    line-height: 1.4;
    field-sizing: content;
    resize: none;
  }

  .send {
    border-radius: 50%;
    background: var(--accent);
    color: var(--accent-text);
  }

  .send:hover {
    background: color-mix(in srgb, var(--accent) 84%, black);
  }

  /* A sheet over the lower part of the stage, above the controls. */
  .running:not(.text-mode) .panel {
    z-index: 3;
    grid-area: 1 / 1;
    align-self: end;
    justify-self: center;
    inline-size: min(100% - 16px, 480px);
    block-size: var(--sheet);
    margin: 0 0 calc(84px + env(safe-area-inset-bottom));
    overflow: hidden;
    border-radius: 20px;
    box-shadow: 0 20px 60px -10px rgb(0 0 0 / 70%);
    visibility: hidden;
    opacity: 0;
    transform: translateY(12px);
    transition:
      opacity 0.18s,
      transform 0.18s,
      visibility 0s 0.18s;
  }

  /* The sheet becomes visible at once, because a hidden field cannot get the focus. */
  .running.text-open .panel {
    transition-delay: 0s;
    visibility: visible;
    opacity: 1;
    transform: none;
  }

  @container buddy (width < 720px) {
    .text-open .corner {
      display: none;
    }

    /* Keeps the status above the sheet. */
    .text-open .status,
    .text-open .avatar {
      inset-block-end: calc(92px + var(--sheet) + env(safe-area-inset-bottom));
    }

    .text-open .pulse {
      display: none;
    }

    .text-open .toast:not(.question) {
      inset-block-end: calc(92px + var(--sheet) + env(safe-area-inset-bottom));
    }
  }

  /* The visitor's own video stays visible while the visitor writes. */
  @container buddy (width < 720px) and (height >= 480px) {
    .text-open .local.tile {
      inset-block: max(14px, env(safe-area-inset-top)) auto;
      inset-inline: auto var(--side);
      inline-size: 112px;
    }

    .text-open .local.tile ~ .label {
      max-inline-size: calc(100% - 154px);
    }
  }

  @container buddy (width >= 720px) and (height >= 380px) {
    .running.has-panel:not(.text-mode) {
      grid-template-columns: minmax(0, 1fr) clamp(270px, 30cqi, 360px);
    }

    .running:not(.text-mode) .panel {
      grid-area: 1 / 2;
      align-self: stretch;
      justify-self: stretch;
      inline-size: auto;
      block-size: auto;
      margin: 0;
      border-radius: 0;
      box-shadow: none;
      visibility: visible;
      opacity: 1;
      transform: none;
    }

    .text-toggle {
      display: none;
    }
  }

  /* Text mode: the messages take the place of the stage. */
  .text-mode {
    grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr);
    background: var(--raised);
  }

  .text-mode .stage {
    display: grid;
    grid-area: 1 / 1;
    min-block-size: 64px;
    padding: 10px 16px;
    place-items: center;
    border-block-end: 1px solid var(--line);
    background: var(--ground);
    color: var(--text);
  }

  .text-mode .label,
  .text-mode .status {
    position: static;
    gap: 4px 10px;
    max-inline-size: 100%;
    background: none;
    text-shadow: none;
    backdrop-filter: none;
  }

  .text-mode .avatar,
  .text-mode video,
  .text-mode .pulse {
    display: none;
  }

  /* Leaves space for the messages and the controls. The text above them scrolls. */
  .text-mode .status:has(.choices) {
    justify-content: start;
    max-block-size: 38cqb;
  }

  /* The fields take the place of the text, because the stage is low. */
  .text-mode .criteria-panel {
    position: static;
    inline-size: min(100%, 480px);
    max-block-size: 46cqb;
    padding: 4px 6px;
    border-radius: 0;
    background: none;
    box-shadow: none;
  }

  .text-mode .stage:has(.criteria-panel) .status {
    display: none;
  }

  .text-mode .status h2 {
    font-size: 1.05rem;
  }

  .text-mode .status p {
    color: var(--quiet);
    font-size: 0.86rem;
  }

  .text-mode .reason,
  .text-mode .quiet {
    color: var(--quiet);
  }

  .text-mode .status .secondary {
    border-color: var(--line);
    background: var(--raised);
    color: var(--text);
  }

  .text-mode .panel {
    grid-area: 2 / 1;
    justify-self: center;
    inline-size: min(100%, 760px);
  }

  .text-mode .controls {
    grid-area: 3 / 1;
    margin-block: 0 max(10px, env(safe-area-inset-bottom));
    background: none;
    box-shadow: none;
    backdrop-filter: none;
  }

  .text-mode .pill.stop {
    background: color-mix(in srgb, var(--danger) 16%, transparent);
    color: light-dark(#b0143a, #ffb3c0);
  }
`
