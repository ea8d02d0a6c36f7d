/**
 * The keyboard shortcuts of the element. Each is a `KeyboardEvent.key` in upper case, and buttons
 * show the same letter.
 */
export const shortcuts = {
  next: 'N',
  microphone: 'M',
  camera: 'V',
  stop: 'S',
  report: 'R',
  face: 'F',
} as const
