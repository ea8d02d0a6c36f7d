/** The width of the copy in pixels. The browser enlarges it, which makes it soft. */
const copyWidth = 40
const intervalMs = 100

/** The window whose timer draws each canvas. A timer stops when the window that created it closes. */
const drawnBy = new WeakMap<HTMLCanvasElement, Window>()

/**
 * Shows a soft copy of a video on a canvas, until the canvas is removed from the page. The copy is dark if the canvas
 * has the class `dark`. Filters of CSS look the same, but the browser applies them to the whole picture again whenever
 * anything above it moves. Without a graphics card, that takes a core of the processor. A second call does nothing,
 * unless the canvas was moved to another window.
 */
export function showSoftPicture(canvas: HTMLCanvasElement, video: HTMLVideoElement): void {
  const view = canvas.ownerDocument.defaultView
  if (!view || drawnBy.get(canvas) === view) return
  drawnBy.set(canvas, view)
  const timer = view.setInterval(() => {
    if (canvas.isConnected && drawnBy.get(canvas) === view) {
      draw(canvas, video)
      return
    }
    view.clearInterval(timer)
    if (drawnBy.get(canvas) === view) drawnBy.delete(canvas)
  }, intervalMs)
  draw(canvas, video)
}

function draw(canvas: HTMLCanvasElement, video: HTMLVideoElement): void {
  const { videoWidth, videoHeight } = video
  const context = canvas.getContext('2d')
  if (!context) return
  const hasPicture = videoWidth > 0
  const copyHeight = hasPicture ? Math.ceil((copyWidth * videoHeight) / videoWidth) : 1
  if (canvas.width !== copyWidth || canvas.height !== copyHeight) {
    Object.assign(canvas, { width: copyWidth, height: copyHeight })
  }
  context.clearRect(0, 0, copyWidth, copyHeight)
  if (!hasPicture) return
  // Safari 17 has no filters here. Its copy is less soft.
  context.filter = 'blur(1px) saturate(1.15)'
  // The picture is enlarged, because a blur makes its edges transparent.
  context.drawImage(video, -2, -2, copyWidth + 4, copyHeight + 4)
  context.filter = 'none'
  if (!canvas.classList.contains('dark')) return
  context.fillStyle = 'rgb(0 0 0 / 50%)'
  context.fillRect(0, 0, copyWidth, copyHeight)
}
