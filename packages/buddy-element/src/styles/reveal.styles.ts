import { css } from 'lit'

/** The words and buttons above coarse pictures. */
export const reveal = css`
  .reveal {
    position: absolute;
    z-index: 2;
    inset: 50% 50% auto auto;
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 10px;
    inline-size: max-content;
    max-inline-size: min(100% - 28px, 360px);
    padding: 12px 16px;
    border-radius: 18px;
    background: var(--glass);
    text-align: center;
    text-wrap: balance;
    transform: translate(50%, -50%);
    backdrop-filter: blur(14px);
  }

  .reveal .secondary {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    min-block-size: 44px;
    padding: 0 16px;
    border-color: transparent;
    background: #fff;
    color: #1a1730;
  }

  /* While the faces are shown, only the button is left, in a corner. */
  .reveal.lifted {
    inset-block: auto calc(92px + env(safe-area-inset-bottom));
    inset-inline: var(--side) auto;
    padding: 0;
    background: none;
    transform: none;
    backdrop-filter: none;
  }

  .reveal.lifted p {
    display: none;
  }

  .reveal.lifted .secondary {
    background: var(--glass);
    color: #fff;
  }

  /* The messages cover the middle of a small stage. */
  @container buddy (width < 720px) {
    .text-open .reveal {
      inset-block: auto calc(100px + var(--sheet) + env(safe-area-inset-bottom));
      padding-block: 6px;
      transform: translateX(50%);
    }

    .text-open .reveal p {
      display: none;
    }

    .text-open .reveal.lifted {
      transform: none;
    }
  }
`
