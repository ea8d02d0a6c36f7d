import { css } from 'lit'

/** The question for the agreement that a page requires. */
export const agreement = css`
  .card a {
    color: inherit;
    text-underline-offset: 3px;
  }

  /* Long terms of a page scroll, so that the buttons are always visible. */
  .resting:has(.agreement) {
    grid-template-rows: minmax(0, 1fr);
  }

  .card.agreement {
    max-block-size: 100%;
    overflow: auto;
    padding-block: clamp(14px, 4cqmin, 40px);
  }

  .terms {
    display: flex;
    flex: 0 1 auto;
    flex-direction: column;
    gap: 8px;
    inline-size: 100%;
    min-block-size: 72px;
    overflow: auto;
  }

  .tick {
    display: flex;
    align-items: flex-start;
    gap: 10px;
    inline-size: 100%;
    padding: 8px 0;
    text-align: start;
    cursor: pointer;
  }

  .card .tick input,
  .tick input {
    flex: none;
    inline-size: 24px;
    block-size: 24px;
    min-block-size: 0;
    margin: 0;
    accent-color: var(--accent);
  }
`
