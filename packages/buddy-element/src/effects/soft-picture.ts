/** The size of the copy in pixels. The browser enlarges it, which makes it soft. */
const copyWidth = 40
const maxCopyHeight = 160
const intervalMs = 100

/** Each shift of the copy by one pixel, drawn over itself, blurs it. */
const shifts = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const

interface Timer {
  /** A timer stops when the window that created it closes. */
  readonly view: Window
  readonly id: number
}

/** What draws each canvas again. */
const timers = new WeakMap<HTMLCanvasElement, Timer>()

/**
 * Shows a soft copy of a video on a canvas, until the canvas is removed from the page. The copy is dark if the canvas
 * has the class `dark`. A filter of CSS on the video would be simpler, but the browser applies it to the whole picture
 * again whenever anything above it moves. Without a graphics card, that takes a core of the processor. Each further call
 * draws at once, so that nothing is left of a former stream.
 */
export function showSoftPicture(canvas: HTMLCanvasElement, video: HTMLVideoElement): void {
  draw(canvas, video)
  const view = canvas.ownerDocument.defaultView
  const former = timers.get(canvas)
  if (!view || former?.view === view) return
  former?.view.clearInterval(former.id)
  const id = view.setInterval(() => {
    if (canvas.isConnected) draw(canvas, video)
    else {
      view.clearInterval(id)
      timers.delete(canvas)
    }
  }, intervalMs)
  timers.set(canvas, { view, id })
}

function draw(canvas: HTMLCanvasElement, video: HTMLVideoElement): void {
  if (canvas.classList.contains('hidden')) return
  const { videoWidth, videoHeight } = video
  const context = canvas.getContext('2d')
  if (!context) return
  // A page may hide a video by `::part`.
  const isShown = video.checkVisibility({ visibilityProperty: true })
  const hasPicture = isShown && videoWidth > 0 && videoHeight > 0
  // A partner may send a picture of any shape, and a large canvas would be slow or fail.
  const copyHeight = hasPicture
    ? Math.min(maxCopyHeight, Math.ceil((copyWidth * videoHeight) / videoWidth))
    : 1
  if (canvas.width !== copyWidth || canvas.height !== copyHeight) {
    Object.assign(canvas, { width: copyWidth, height: copyHeight })
  }
  context.clearRect(0, 0, copyWidth, copyHeight)
  if (!hasPicture || canvas.ownerDocument.hidden) return
  context.globalAlpha = 1
  context.drawImage(video, 0, 0, copyWidth, copyHeight)
  context.globalAlpha = 0.5
  for (const [x, y] of shifts) context.drawImage(canvas, x, y)
  if (canvas.classList.contains('dark')) context.fillRect(0, 0, copyWidth, copyHeight)
}
