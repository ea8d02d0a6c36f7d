import { css } from 'lit'

/** Decisions of the operator about the visitor. */
export const measure = css`
  .measure {
    position: absolute;
    z-index: 6;
    inset: 10px 10px auto;
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    gap: 8px;
    max-inline-size: 460px;
    max-block-size: calc(100% - 20px);
    margin-inline: auto;
    overflow: auto;
    padding: 16px;
    border: 1px solid var(--line);
    border-radius: 20px;
    background: var(--raised);
    box-shadow: 0 20px 60px -10px rgb(0 0 0 / 60%);
    color: var(--text);
  }

  .measure h2 {
    font-size: 1.15rem;
  }

  .measure a {
    color: inherit;
  }

  .measure .secondary {
    min-block-size: 44px;
  }

  dl {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 4px 14px;
    margin: 0;
    font-size: 0.92rem;
    overflow-wrap: anywhere;
    text-align: start;
  }

  dt {
    color: var(--quiet);
  }

  dd {
    margin: 0;
  }
`
