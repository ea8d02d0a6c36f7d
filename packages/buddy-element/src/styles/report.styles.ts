import { css } from 'lit'

/** The content of the sheet for a report. */
export const report = css`
  .report-sheet form {
    display: flex;
    flex-direction: column;
    gap: 10px;
    min-block-size: 0;
  }

  @media (height < 560px) {
    .report-sheet {
      padding: 14px;
    }

    .report-sheet form {
      gap: 6px;
    }

    .report-sheet h2 {
      font-size: 1.1rem;
    }
  }

  .report-sheet .fields {
    display: flex;
    flex: 0 1 auto;
    flex-direction: column;
    gap: 10px;
    min-block-size: 96px;
    margin-inline: -8px;
    overflow: auto;
    padding: 2px 8px;
  }

  fieldset {
    display: grid;
    min-inline-size: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }

  .reasons {
    grid-template-columns: repeat(auto-fit, minmax(min(168px, 100%), 1fr));
    column-gap: 12px;
  }

  legend {
    padding: 0;
    font-weight: 600;
  }

  .report-sheet .tick {
    align-items: center;
    min-block-size: 38px;
    padding: 3px 0;
    font-size: 0.95rem;
  }

  .tick span {
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }

  .note {
    display: grid;
    gap: 4px;
  }

  .report-sheet textarea {
    inline-size: 100%;
    border-radius: 14px;
  }

  .note small {
    color: var(--quiet);
    text-align: end;
  }

  .picture-choices {
    display: grid;
    gap: 8px;
  }

  .picture-choices canvas {
    max-inline-size: 100%;
    max-block-size: 180px;
    border: 1px solid var(--line);
    border-radius: 12px;
  }

  .report-sheet .effect {
    color: var(--quiet);
    font-size: 0.84rem;
    line-height: 1.35;
  }

  .fault {
    color: light-dark(#b0143a, #ff9aab);
  }

  .fault:empty {
    display: none;
  }

  .buttons {
    display: grid;
    grid-template-columns: 1fr auto;
    gap: 8px;
  }

  .buttons .primary {
    grid-column: 1 / -1;
  }

  @media (height < 480px) and (width >= 460px) {
    .buttons {
      grid-template-columns: 1fr auto auto;
    }

    .buttons .primary {
      grid-column: auto;
      min-block-size: 44px;
      padding: 0 12px;
    }
  }

  .report-sheet .secondary {
    min-block-size: 44px;
    padding: 0 12px;
    font-size: 0.92rem;
    line-height: 1.2;
  }
`
