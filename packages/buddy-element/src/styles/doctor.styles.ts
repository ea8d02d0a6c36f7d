import { css } from 'lit'

/** The content of the connection doctor's dialog. */
export const doctor = css`
  .doctor header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 12px;
  }

  .doctor .close {
    flex: none;
    background: var(--ground);
  }

  .doctor .verdict {
    color: var(--quiet);
  }

  .checks {
    display: flex;
    flex: 1 1 auto;
    flex-direction: column;
    gap: 4px;
    min-block-size: 96px;
    overflow: auto;
  }

  .checks li {
    display: flex;
    gap: 12px;
    padding: 8px 0;
  }

  .checks h3 {
    margin: 0;
    font-size: 1rem;
    font-weight: 600;
    line-height: 24px;
  }

  .checks p {
    margin-block-start: 2px;
    color: var(--quiet);
    font-size: 0.92rem;
  }

  .checks .mark {
    display: grid;
    flex: none;
    inline-size: 24px;
    block-size: 24px;
    place-items: center;
    border-radius: 50%;
  }

  .checks .ok .mark {
    background: color-mix(in srgb, #1f9d6c 20%, transparent);
    color: light-dark(#0c6b46, #57d7a5);
  }

  .checks .failed .mark {
    background: color-mix(in srgb, var(--danger) 18%, transparent);
    color: light-dark(#c81e43, #ff8197);
  }

  .checks .skipped .mark {
    color: var(--quiet);
  }

  .checks .running .mark {
    border: 2px solid var(--line);
    border-block-start-color: var(--accent);
    animation: doctor-turn 1s linear infinite;
  }

  .checks .mark .icon {
    inline-size: 18px;
    block-size: 18px;
  }

  .doctor .secondary {
    flex: none;
  }

  .link {
    min-block-size: 44px;
    padding: 0 12px;
    border-radius: 12px;
    background: none;
    color: inherit;
    font-size: 0.95rem;
    text-decoration: underline;
    text-underline-offset: 3px;
  }

  @keyframes doctor-turn {
    to {
      transform: rotate(1turn);
    }
  }
`
