/** Below this share of the picture that would be seen, it is shown whole. */
const minSeenShare = 0.5

const fitted = new WeakSet<HTMLVideoElement>()
let sizes: ResizeObserver | undefined

/**
 * Fills the box of a video with its picture, unless more than half of the picture would be cut off:
 * then the picture is shown whole, as one of an upright phone on a desktop. Follows both sizes from
 * the first call on; further calls do nothing.
 */
export function fitPicture(video: HTMLVideoElement): void {
  if (fitted.has(video)) return
  fitted.add(video)
  sizes ??= new ResizeObserver((entries) => {
    for (const { target } of entries) fit(target as HTMLVideoElement)
  })
  sizes.observe(video)
  video.addEventListener('resize', () => fit(video))
}

function fit(video: HTMLVideoElement): void {
  const { videoWidth, videoHeight, clientWidth, clientHeight } = video
  const ratio = (videoWidth * clientHeight) / (videoHeight * clientWidth)
  const isWhole = Math.min(ratio, 1 / ratio) < minSeenShare
  video.toggleAttribute('data-whole', isWhole)
}
