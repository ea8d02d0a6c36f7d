import { css } from 'lit'

/** Questions to the visitor during a call, and the mark that shows that addresses are hidden. */
export const question = css`
  /* The question is at the top, because the visitor's own video and the text field are below. */
  .question {
    z-index: 4;
    display: grid;
    gap: 10px;
    inset-block: calc(max(14px, env(safe-area-inset-top)) + 54px) auto;
  }

  .question div {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 6px 16px;
  }

  .question .secondary {
    min-block-size: 44px;
    padding: 0 16px;
    border-color: transparent;
    background: #fff;
    color: #1a1730;
  }

  .answers {
    display: flex;
    gap: 6px;
  }

  .quieter {
    min-block-size: 44px;
    padding: 0 12px;
    border-radius: 14px;
    background: transparent;
    color: inherit;
  }

  .quieter:hover {
    background: rgb(255 255 255 / 16%);
  }

  .trust {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    min-block-size: 30px;
    font-size: 0.84rem;
  }

  button.trust {
    position: relative;
    padding: 0 10px 0 7px;
    border-radius: 999px;
    background: rgb(255 255 255 / 16%);
  }

  /* Enlarges the touch target without moving the name. */
  button.trust::after {
    position: absolute;
    inset: -7px;
    content: '';
  }

  /* While the partner's request is shown, its button replaces this one and may need the space. */
  .stage:has([part~='trust-request']) button.trust {
    display: none;
  }

  button.trust:hover {
    background: rgb(255 255 255 / 28%);
  }
`
