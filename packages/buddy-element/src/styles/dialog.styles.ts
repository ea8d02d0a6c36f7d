import { css } from 'lit'

/** The modal dialogs: the connection doctor and the sheet for a report. The browser shows them above the page. */
export const dialog = css`
  dialog[open] {
    display: flex;
    flex-direction: column;
    gap: 12px;
  }

  dialog {
    inline-size: min(100vw - 24px, 440px);
    max-block-size: min(100dvh - 24px, 720px);
    padding: 20px;
    border: 1px solid var(--line);
    border-radius: 22px;
    background: var(--raised);
    color: var(--text);
    overflow-wrap: break-word;
  }

  dialog::backdrop {
    background: rgb(8 8 16 / 62%);
  }

  dialog h2 {
    font-size: 1.3rem;
  }
`
