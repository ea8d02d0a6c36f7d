import { css } from 'lit'

/**
 * The area of the videos. It is dark in every theme, because videos look best on a dark background.
 */
export const stage = css`
  .running {
    display: grid;
    grid-template: minmax(0, 1fr) / minmax(0, 1fr);
    background: var(--night);
    color: #f5f4fc;
  }

  .stage {
    position: relative;
    grid-area: 1 / 1;
    overflow: hidden;
    background:
      radial-gradient(
        70cqmax 60cqmax at 50% 30%,
        color-mix(in srgb, var(--accent) 30%, transparent),
        transparent 72%
      ),
      var(--night);
    overflow-wrap: anywhere;
  }

  .stage:focus-visible {
    outline-offset: -4px;
  }

  video {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    background: transparent;
    object-fit: cover;
  }

  /* fit-picture.ts sets this attribute to show the whole picture. */
  video[data-whole] {
    object-fit: contain;
  }

  .remote {
    position: absolute;
    inset: 0;
  }

  :is(.remote, .soft).hidden {
    visibility: hidden;
  }

  .local {
    position: absolute;
    z-index: 2;
    overflow: hidden;
    background: #1b1d2a;
    transition:
      inset 0.35s ease,
      inline-size 0.35s ease,
      block-size 0.35s ease;
  }

  .local.off video {
    visibility: hidden;
  }

  .off-icon {
    position: absolute;
    inset: 0;
    display: grid;
    place-items: center;
    color: #b9b6d0;
    font-size: 1.5rem;
  }

  .local.full {
    z-index: 0;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
  }

  /* soft-picture.ts draws this copy of a video. It covers the video, also before it is drawn. */
  .soft {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    background: var(--night);
    object-fit: cover;
  }

  .local .soft {
    background: inherit;
  }

  video[data-whole] + .soft:not(.dark) {
    object-fit: contain;
  }

  .local.full .label,
  .local.full .off-icon {
    display: none;
  }

  .local.tile {
    inset-block: auto calc(92px + env(safe-area-inset-bottom));
    inset-inline: auto var(--side);
    inline-size: clamp(112px, 26cqmin, 210px);
    aspect-ratio: 4 / 3;
    border: 2px solid rgb(255 255 255 / 22%);
    border-radius: 16px;
    box-shadow: 0 14px 34px -10px rgb(0 0 0 / 70%);
  }

  .label {
    position: absolute;
    z-index: 2;
    inset: max(14px, env(safe-area-inset-top)) 14px auto 14px;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 10px;
    inline-size: fit-content;
    max-inline-size: calc(100% - 28px);
    padding: 7px 14px;
    border-radius: 16px;
    background: var(--glass);
    backdrop-filter: blur(14px);
  }

  .label strong {
    overflow: hidden;
    max-inline-size: 22ch;
    font-weight: 650;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .quiet {
    overflow: hidden;
    max-inline-size: 22ch;
    color: #c9c6dc;
    font-size: 0.84rem;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .quiet::before {
    margin-inline-end: 8px;
    content: '·';
  }

  .muted {
    display: inline-flex;
    color: #ff9aab;
  }

  .quality {
    display: inline-flex;
    align-items: flex-end;
    gap: 2px;
    block-size: 13px;
    color: #f5f4fc;
  }

  .quality i {
    inline-size: 4px;
    block-size: 100%;
    border-radius: 1px;
    background: currentcolor;
  }

  .quality i:nth-child(1) {
    block-size: 40%;
  }

  .quality i:nth-child(2) {
    block-size: 70%;
  }

  .quality.good {
    opacity: 0.4;
  }

  .quality.fair {
    color: #ffc46b;
  }

  .quality.poor {
    color: #ff9aab;
  }

  /* Lower ratings have fainter bars, so that colour is not the only difference. */
  .quality.fair i:nth-child(n + 3),
  .quality.poor i:nth-child(n + 2) {
    opacity: 0.25;
  }

  .own {
    inset: auto 6px 6px;
    gap: 4px;
    max-inline-size: calc(100% - 12px);
    padding: 1px 8px;
    border-radius: 9px;
    font-size: 0.75rem;
    white-space: nowrap;
  }

  .own span {
    overflow: hidden;
    text-overflow: ellipsis;
  }

  /* Why the two users met, below the name. */
  .reason {
    display: -webkit-box;
    overflow: hidden;
    inline-size: 100%;
    color: #e4e2f2;
    font-size: 0.86rem;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
  }

  .status,
  .avatar {
    position: absolute;
    z-index: 1;
    inset: 12px 16px calc(86px + env(safe-area-inset-bottom));
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 10px;
    text-align: center;
    text-shadow: 0 1px 14px rgb(0 0 0 / 55%);
  }

  /* If the element is low, the status scrolls. */
  .status {
    justify-content: safe center;
    overflow: auto;
  }

  @container buddy (height < 430px) {
    .status .pulse {
      display: none;
    }
  }

  .status p,
  .avatar p {
    max-inline-size: 38ch;
    color: #d6d4e8;
    text-wrap: balance;
  }

  .avatar span {
    display: grid;
    inline-size: clamp(84px, 26cqmin, 160px);
    aspect-ratio: 1;
    place-items: center;
    border-radius: 50%;
    background: linear-gradient(140deg, var(--accent), #ff7a8a);
    color: #fff;
    font-size: clamp(2.2rem, 11cqmin, 4.4rem);
    font-weight: 650;
    text-shadow: none;
  }

  .pulse {
    position: relative;
    inline-size: clamp(56px, 16cqmin, 104px);
    aspect-ratio: 1;
    margin-block-end: clamp(6px, 3cqb, 22px);
  }

  .pulse i {
    position: absolute;
    inset: 0;
    border: 2px solid color-mix(in srgb, var(--accent) 70%, white);
    border-radius: 50%;
    animation: pulse 2.7s ease-out infinite;
  }

  .pulse i:first-child {
    inset: 30%;
    border: 0;
    background: linear-gradient(140deg, var(--accent), #ff7a8a);
    animation: breathe 2.7s ease-in-out infinite;
  }

  .pulse i:last-child {
    animation-delay: 1.35s;
  }

  .pulse.reconnecting i {
    border-color: #ffb454;
  }

  .pulse.reconnecting i:first-child {
    background: #ffb454;
  }

  @keyframes pulse {
    from {
      opacity: 0.9;
      transform: scale(0.42);
    }
    to {
      opacity: 0;
      transform: scale(1.15);
    }
  }

  @keyframes breathe {
    50% {
      transform: scale(1.14);
    }
  }

  .status .secondary {
    min-block-size: 44px;
    border-color: transparent;
    background: rgb(255 255 255 / 16%);
    color: #fff;
  }

  .play {
    position: absolute;
    z-index: 3;
    inset: 0;
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    gap: 8px;
    background: rgb(8 8 16 / 72%);
    color: #fff;
  }

  .play span {
    display: grid;
    inline-size: 76px;
    block-size: 76px;
    place-items: center;
    border-radius: 50%;
    background: var(--accent);
    font-size: 1.5rem;
  }

  .toast {
    position: absolute;
    z-index: 3;
    inset: auto 50% calc(92px + env(safe-area-inset-bottom)) auto;
    inline-size: max-content;
    max-inline-size: calc(100% - 40px);
    padding: 9px 16px;
    border-radius: 14px;
    background: var(--glass);
    transform: translateX(50%);
    backdrop-filter: blur(14px);
  }
`
