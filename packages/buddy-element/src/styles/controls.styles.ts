import { css } from 'lit'

/** The bar of buttons below the stage. */
export const controls = css`
  .controls {
    position: relative;
    z-index: 4;
    display: flex;
    grid-area: 1 / 1;
    align-items: center;
    align-self: end;
    gap: 8px;
    justify-self: center;
    max-inline-size: calc(100% - 16px);
    margin-block-end: max(14px, env(safe-area-inset-bottom));
    padding: 8px;
    border-radius: 26px;
    background: var(--glass);
    box-shadow: 0 16px 40px -12px rgb(0 0 0 / 65%);
    backdrop-filter: blur(18px) saturate(1.3);
  }

  .round,
  .pill {
    position: relative;
    display: inline-flex;
    flex: none;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-inline-size: 48px;
    block-size: 48px;
    padding: 0 12px;
    border-radius: 18px;
    background: rgb(255 255 255 / 13%);
    color: #fff;
    font-weight: 640;
    transition: background 0.15s;
  }

  .round:hover:where(:not([aria-disabled])),
  .pill:hover:where(:not([aria-disabled])) {
    background: rgb(255 255 255 / 24%);
  }

  .round.off {
    background: #fff;
    color: #b3173a;
  }

  .pill {
    padding: 0 18px;
  }

  .pill.next {
    padding: 0 24px;
    background: linear-gradient(
      135deg,
      var(--accent),
      color-mix(in srgb, var(--accent) 62%, #c0267f)
    );
    color: var(--accent-text);
  }

  .pill.next:hover:where(:not([aria-disabled])) {
    filter: brightness(1.1);
  }

  .pill.stop {
    background: rgb(255 77 106 / 24%);
    color: #ffd9df;
  }

  .pill.stop:hover {
    background: #d92b4b;
    color: #fff;
  }

  .unread {
    position: absolute;
    inset-block: -4px auto;
    inset-inline: auto -4px;
    min-inline-size: 20px;
    padding: 0 5px;
    border-radius: 10px;
    background: #ff4d6a;
    color: #2b0009;
    font-size: 0.72rem;
    line-height: 20px;
  }

  @container buddy (width < 430px) {
    .controls {
      gap: 6px;
      padding: 6px;
      border-radius: 22px;
    }

    .round,
    .pill {
      min-inline-size: 44px;
      padding: 0 10px;
    }

    .pill.next {
      padding: 0 16px;
    }

    .pill.stop span {
      display: none;
    }
  }

  @container buddy (width < 380px) {
    .controls {
      gap: 4px;
      padding: 5px;
    }

    .pill.next {
      padding: 0 12px;
    }
  }

  @container buddy (width < 350px) {
    /* If there are five or six buttons, all shrink together, before one of them would be cut off. */
    .controls:is(:has([part~='camera-button']), :has(.round ~ .round ~ .round)) > * {
      flex-shrink: 1;
      inline-size: 44px;
      min-inline-size: 0;
      padding: 0;
    }

    .controls:is(:has([part~='camera-button']), :has(.round ~ .round ~ .round)) .next span {
      display: none;
    }
  }

  @media (forced-colors: active) {
    .round,
    .pill,
    .primary,
    .secondary {
      border: 1px solid ButtonText;
    }
  }
`
