/** Below this share of the picture that would be seen, it is shown whole. */
const minSeenShare = 0.5

/** The observer that follows each video: of the window the video is in, which takes it along when it ends. */
const observers = new WeakMap<HTMLVideoElement, ResizeObserver>()
const observerOf = new WeakMap<Window, ResizeObserver>()
const handleResize = ({ target }: Event): void => fit(target as HTMLVideoElement)

/**
 * Fills the box of a video in a page with its picture, unless more than half of the picture would be cut
 * off: then the picture is shown whole, as one of an upright phone on a desktop. Follows both sizes until
 * `releasePicture`, or until the video has left the page; further calls do nothing, unless the video is in another window by now.
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

/** Follows a video no longer. Browsers keep what they observe. */
export function releasePicture(video: HTMLVideoElement): void {
  observers.get(video)?.unobserve(video)
  observers.delete(video)
  video.removeEventListener('resize', handleResize)
}

function fitAll(entries: readonly ResizeObserverEntry[]): void {
  for (const { target } of entries) {
    const video = target as HTMLVideoElement
    if (video.isConnected) fit(video)
    // Another screen took its place.
    else releasePicture(video)
  }
}

function fit(video: HTMLVideoElement): void {
  const { videoWidth, videoHeight, clientWidth, clientHeight } = video
  const ratio = (videoWidth * clientHeight) / (videoHeight * clientWidth)
  const isWhole = Math.min(ratio, 1 / ratio) < minSeenShare
  video.toggleAttribute('data-whole', isWhole)
}
