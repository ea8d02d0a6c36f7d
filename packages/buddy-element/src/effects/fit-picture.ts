/** The smallest share of a video that may remain visible when the video fills its box. */
const minVisibleShare = 0.5

/**
 * The observer of each video. It belongs to the window that the video is in, because an observer stops
 * working when its window closes.
 */
const observers = new WeakMap<HTMLVideoElement, ResizeObserver>()
const observerOf = new WeakMap<Window, ResizeObserver>()
const handleResize = ({ target }: Event): void => fit(target as HTMLVideoElement)

/**
 * Lets a video fill its box, unless more than half of the picture would be cut off: then shows the
 * whole picture, such as that of an upright phone on a desktop. Adapts to changes of both sizes until
 * `releasePicture`, or until the video is removed from the page. Calling it again does nothing, unless
 * the video was moved to another window.
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

/** Stops observing a video. A browser keeps every observed node in memory. */
export function releasePicture(video: HTMLVideoElement): void {
  observers.get(video)?.unobserve(video)
  observers.delete(video)
  video.removeEventListener('resize', handleResize)
}

function fitAll(entries: readonly ResizeObserverEntry[]): void {
  for (const { target } of entries) {
    const video = target as HTMLVideoElement
    if (video.isConnected) fit(video)
    // Another screen has replaced the video.
    else releasePicture(video)
  }
}

function fit(video: HTMLVideoElement): void {
  const { videoWidth, videoHeight, clientWidth, clientHeight } = video
  const ratio = (videoWidth * clientHeight) / (videoHeight * clientWidth)
  const isWhole = Math.min(ratio, 1 / ratio) < minVisibleShare
  video.toggleAttribute('data-whole', isWhole)
}
