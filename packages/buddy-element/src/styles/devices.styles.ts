import { css } from 'lit'

/**
 * The device pickers, the level meter, the preview on the start screen, and the device panel in a
 * call.
 */
export const devices = css`
  .pickers {
    display: flex;
    flex-direction: column;
    gap: 8px;
    inline-size: 100%;
    min-inline-size: 0;
  }

  .picker {
    position: relative;
    display: flex;
    align-items: center;
    min-inline-size: 0;
  }

  .picker .icon {
    position: absolute;
    inset-inline-start: 13px;
    color: var(--quiet);
    pointer-events: none;
  }

  select {
    inline-size: 100%;
    min-inline-size: 0;
    min-block-size: 44px;
    padding-inline: 44px 10px;
    border: 1px solid light-dark(#8d88a8, #6d6a88);
    border-radius: 14px;
    background: var(--ground);
    text-overflow: ellipsis;
  }

  .level {
    block-size: 6px;
    overflow: hidden;
    border-radius: 3px;
    background: color-mix(in srgb, var(--quiet) 30%, transparent);
  }

  .level::before {
    display: block;
    block-size: 100%;
    border-radius: 3px;
    background: linear-gradient(90deg, #2fbf8f, #2fbf8f 65%, #ffb454);
    content: '';
    transform: scaleX(var(--level, 0));
    transform-origin: left;
  }

  .mirrored :is(video, .soft) {
    transform: scaleX(-1);
  }

  .viewfinder {
    position: relative;
    flex: 1 1 200px;
    inline-size: 100%;
    min-block-size: 84px;
    max-block-size: 210px;
    overflow: hidden;
    border-radius: 18px;
    background: var(--night);
  }

  /* The video shrinks first, so that all buttons are visible without scrolling. */
  .resting:has(.previewing) {
    grid-template-rows: minmax(0, 1fr);
  }

  .card.previewing {
    gap: 8px;
    max-block-size: 100%;
    overflow: auto;
    padding: clamp(12px, 4cqmin, 24px);
  }

  .card .secondary[part~='preview-button'] {
    padding: 0 4px;
    font-size: 0.95rem;
  }

  @container buddy (width >= 440px) and (height < 470px) {
    .card.previewing {
      display: grid;
      grid-template: 1fr auto auto / minmax(0, 1fr) minmax(0, 1fr);
      inline-size: min(100%, 560px);
    }

    .previewing .viewfinder {
      grid-row: 1 / 4;
      block-size: 100%;
      max-block-size: none;
    }

    .previewing .pickers {
      align-self: start;
    }

    .previewing :not(.viewfinder) {
      grid-column: auto;
    }
  }

  .corner,
  .flip,
  .close {
    display: grid;
    inline-size: 44px;
    block-size: 44px;
    place-items: center;
    border-radius: 16px;
  }

  .corner,
  .flip {
    position: absolute;
    background: var(--glass);
    color: #fff;
  }

  .corner {
    z-index: 5;
    inset-block: max(14px, env(safe-area-inset-top)) auto;
    inset-inline: auto var(--side);
    backdrop-filter: blur(14px);
  }

  .flip {
    inset-block: 4px auto;
    inset-inline: auto 4px;
    border-radius: 12px;
  }

  .viewfinder .close {
    position: absolute;
    inset-block: 6px auto;
    inset-inline: auto 6px;
    border-radius: 14px;
    background: var(--glass);
    color: #fff;
  }

  .viewfinder .flip {
    inset-block: 6px auto;
    inset-inline: 6px auto;
    border-radius: 14px;
  }

  .hint {
    display: flex;
    gap: 8px;
    align-items: center;
    justify-content: space-between;
    inline-size: 100%;
    text-align: start;
  }

  .hint .close {
    flex: none;
    border-radius: 14px;
    background: var(--ground);
  }

  .corner:hover,
  .flip:hover {
    background: rgb(60 61 80 / 90%);
  }

  .corner ~ .label,
  .stage:has(.corner) .label:not(.own) {
    max-inline-size: calc(100% - 86px);
  }

  .devices {
    position: absolute;
    z-index: 5;
    inset-block: calc(max(14px, env(safe-area-inset-top)) + 52px) auto;
    inset-inline: auto 14px;
    display: flex;
    flex-direction: column;
    gap: 12px;
    inline-size: min(100% - 28px, 340px);
    max-block-size: calc(100% - 154px);
    overflow: auto;
    padding: 16px;
    border-radius: 20px;
    background: var(--raised);
    box-shadow: 0 20px 60px -10px rgb(0 0 0 / 70%);
    color: var(--text);
  }

  .devices h2 {
    font-size: 1.05rem;
  }
`
