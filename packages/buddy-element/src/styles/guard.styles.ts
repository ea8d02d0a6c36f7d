import { css } from 'lit'

/** The cover of a picture because of a verdict of the guard. */
export const guard = css`
  /* The picture is enlarged, because a blur lets the background shine in at its edges. */
  .remote.veiled {
    filter: blur(40px) brightness(0.45);
    transform: scale(1.2);
  }

  .veil {
    position: absolute;
    z-index: 1;
    inset: 64px 16px calc(86px + env(safe-area-inset-bottom));
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: safe center;
    gap: 14px;
    overflow: auto;
    text-align: center;
  }

  .veil p {
    max-inline-size: 38ch;
    text-wrap: balance;
  }

  .veil .secondary {
    min-block-size: 44px;
    padding: 0 18px;
    border-color: transparent;
    background: #fff;
    color: #1a1730;
  }
`
