import { css } from 'lit'

/** The start screen and the problem screen. */
export const card = css`
  .resting {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    overflow: auto;
    padding: clamp(12px, 4cqi, 32px);
    place-items: safe center;
    background:
      radial-gradient(
        60cqmax 46cqmax at 12% 6%,
        color-mix(in srgb, var(--accent) 34%, transparent),
        transparent 70%
      ),
      radial-gradient(
        56cqmax 44cqmax at 92% 96%,
        light-dark(rgb(255 145 120 / 38%), rgb(255 96 132 / 24%)),
        transparent 70%
      ),
      var(--ground);
  }

  .card {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: clamp(8px, 2cqb, 14px);
    inline-size: min(100%, 400px);
    padding: clamp(18px, 5cqmin, 40px) clamp(16px, 5cqi, 36px);
    border: 1px solid color-mix(in srgb, var(--line) 70%, transparent);
    border-radius: 26px;
    background: color-mix(in srgb, var(--raised) 86%, transparent);
    box-shadow:
      0 1px 2px rgb(20 10 60 / 8%),
      0 24px 60px -20px rgb(30 15 90 / 35%);
    text-align: center;
    backdrop-filter: blur(18px) saturate(1.3);
  }

  /* The title does not grow with the screen, because the card is narrow on every screen. */
  .card h2 {
    font-size: clamp(1.35rem, 1rem + 1.6cqi, 1.6rem);
  }

  .card p {
    color: var(--quiet);
    text-wrap: pretty;
  }

  .card .fine,
  .status .fine {
    font-size: 0.84rem;
  }

  .mark {
    inline-size: clamp(56px, 13cqmin, 84px);
    margin-block-end: 2px;
  }

  .mark .one {
    fill: var(--accent);
  }

  .mark .other {
    fill: #ff7a8a;
    opacity: 0.88;
  }

  .badge {
    display: grid;
    inline-size: 56px;
    block-size: 56px;
    place-items: center;
    border-radius: 50%;
    background: color-mix(in srgb, var(--danger) 16%, transparent);
    color: light-dark(#c81e43, #ff8197);
    font-size: 1.25rem;
  }

  .card input {
    inline-size: 100%;
    min-block-size: 48px;
    padding: 0 16px;
    border: 1px solid light-dark(#8d88a8, #6d6a88);
    border-radius: 14px;
    background: var(--ground);
    text-align: center;
  }

  .card input::placeholder,
  textarea::placeholder {
    color: var(--quiet);
    opacity: 1;
  }

  .primary,
  .secondary {
    min-block-size: 50px;
    padding: 0 28px;
    border-radius: 14px;
    font-weight: 650;
    transition:
      transform 0.15s,
      filter 0.15s;
  }

  .card .primary,
  .card .secondary {
    inline-size: 100%;
    padding: 0 12px;
  }

  .primary {
    background: linear-gradient(
      135deg,
      var(--accent),
      color-mix(in srgb, var(--accent) 62%, #c0267f)
    );
    box-shadow: 0 10px 26px -10px var(--accent);
    color: var(--accent-text);
    font-size: 1.06rem;
  }

  .secondary {
    border: 1px solid var(--line);
    background: var(--raised);
    color: var(--text);
  }

  .primary:hover,
  .secondary:hover {
    filter: brightness(1.07);
  }

  .primary:active,
  .secondary:active {
    transform: scale(0.985);
  }

  @container buddy (height < 430px) {
    .card .mark,
    .card .badge,
    .card .fine {
      display: none;
    }
  }
`
