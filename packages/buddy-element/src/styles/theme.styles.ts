import { css } from 'lit'

/**
 * Colours, fonts and the host element. A page can set the `--buddy-*` properties. The element is
 * light or dark like the page around it, because it inherits `color-scheme`, on which
 * `light-dark()` depends.
 */
export const theme = css`
  :host {
    --accent: var(--buddy-accent, #7c5cff);
    --accent-text: var(--buddy-accent-text, #fff);
    --radius: var(--buddy-radius, 18px);
    --danger: #ff4d6a;
    --ground: light-dark(#f6f5fb, #12131c);
    --raised: light-dark(#fff, #1c1e2b);
    --line: light-dark(#e3e0f0, #2c2f42);
    --text: light-dark(#1a1730, #f3f2fa);
    --quiet: light-dark(#5d5878, #a6a3c0);
    --night: #0b0c13;
    /* Dark enough for readable text on a bright video. */
    --glass: rgb(20 21 32 / 80%);
    --gap: 12px;
    /* Both sides get the larger inset, because a phone in landscape has a notch on one side only. */
    --side: max(14px, env(safe-area-inset-left), env(safe-area-inset-right));

    display: block;
    box-sizing: border-box;
    inline-size: 100%;
    block-size: min(640px, 100dvh);
    min-inline-size: 0;
    overflow: hidden;
    border-radius: var(--radius);
    container: buddy / size;
    background: var(--ground);
    color: var(--text);
    font:
      400 16px/1.45 var(--buddy-font, system-ui),
      sans-serif;
    text-align: start;
    -webkit-tap-highlight-color: transparent;
  }

  :host([hidden]) {
    display: none;
  }

  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  h2,
  p,
  ol,
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }

  h2 {
    font-size: clamp(1.35rem, 1rem + 1.6cqi, 2rem);
    font-weight: 720;
    letter-spacing: -0.022em;
    line-height: 1.15;
    text-wrap: balance;
  }

  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
  }

  button {
    border: 0;
    cursor: pointer;
    touch-action: manipulation;
  }

  /* Buttons use aria-disabled, because a disabled button would lose the focus. */
  button[aria-disabled] {
    cursor: default;
    opacity: 0.4;
  }

  :focus-visible {
    outline: 3px solid color-mix(in srgb, var(--accent) 65%, white);
    outline-offset: 2px;
  }

  .icon {
    inline-size: 1.4em;
    block-size: 1.4em;
    flex: none;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.9;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  .unseen {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .frame {
    position: relative;
    inline-size: 100%;
    block-size: 100%;
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation-duration: 0.01ms !important;
      animation-iteration-count: 1 !important;
      transition-duration: 0.01ms !important;
    }
  }
`
