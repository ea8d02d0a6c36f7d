/** The keys of the element, as buttons show them and as `KeyboardEvent.key` has them in upper case. */
export const shortcuts = {
  next: 'N',
  microphone: 'M',
  camera: 'V',
  stop: 'S',
} as const
