/** The still that each canvas shows, as base64. */
const shown = new WeakMap<HTMLCanvasElement, string>()

/**
 * Draws a JPEG, given in base64, on a canvas. An image would be blocked by a content security policy without
 * `data:` or `blob:`.
 */
export async function drawStill(canvas: HTMLCanvasElement, still: string): Promise<void> {
  if (shown.get(canvas) === still) return
  shown.set(canvas, still)
  const bytes = Uint8Array.from(atob(still), (character) => character.charCodeAt(0))
  const picture = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }))
  canvas.width = picture.width
  canvas.height = picture.height
  canvas.getContext('2d')?.drawImage(picture, 0, 0)
  picture.close()
  canvas.scrollIntoView({ block: 'nearest' })
}
