/** The smallest visible share of the picture at which a video still fills its box. */
const minVisibleShare = 0.5

/**
 * The observer of each video. It is created by the window that the video is in, because an observer
 * stops working when the window that created it closes.
 */
const observers = new WeakMap<HTMLVideoElement, ResizeObserver>()
const observerOf = new WeakMap<Window, ResizeObserver>()
const handleResize = ({ target }: Event): void => fit(target as HTMLVideoElement)

/**
 * Makes a video fill its box. If more than half of the picture would be cut off, shows the whole
 * picture instead, for example that of an upright phone on a desktop. Adapts when the picture or
 * the box changes its size, until `releasePicture` is called or the video is removed from the page.
 * A second call does nothing, unless the video was moved to another window.
 */
export function fitPicture(video: HTMLVideoElement): void {
  const view = video.ownerDocument.defaultView
  if (!view) return
  const observer = observerOf.get(view) ?? new view.ResizeObserver(fitAll)
  observerOf.set(view, observer)
  if (observers.get(video) === observer) return
  releasePicture(video)
  observers.set(video, observer)
  observer.observe(video)
  video.addEventListener('resize', handleResize)
}

/** Stops observing a video. Without this, the browser would keep a removed video in memory. */
export function releasePicture(video: HTMLVideoElement): void {
  observers.get(video)?.unobserve(video)
  observers.delete(video)
  video.removeEventListener('resize', handleResize)
}

function fitAll(entries: readonly ResizeObserverEntry[]): void {
  for (const { target } of entries) {
    const video = target as HTMLVideoElement
    if (video.isConnected) fit(video)
    // The video was removed because another screen is shown.
    else releasePicture(video)
  }
}

function fit(video: HTMLVideoElement): void {
  const { videoWidth, videoHeight, clientWidth, clientHeight } = video
  const ratio = (videoWidth * clientHeight) / (videoHeight * clientWidth)
  const isWhole = Math.min(ratio, 1 / ratio) < minVisibleShare
  video.toggleAttribute('data-whole', isWhole)
}
