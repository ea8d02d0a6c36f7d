import type { Mode } from '@buddy-chat/client'

/** Converts an attribute. If it is removed, the property is an empty string, as if it was never set. */
export const emptyIfRemoved = { fromAttribute: (value: string | null): string => value ?? '' }

/** Converts `jazz, chess` to `['jazz', 'chess']`. Accepts an array too. */
export function toList(value: string | readonly string[]): readonly string[] {
  const parts = typeof value === 'string' ? value.split(',') : value
  return parts.flatMap((part) => part.trim() || [])
}

const modes: readonly Mode[] = ['video', 'audio', 'text']

/** Returns `value`, or `video` if it is no mode. */
export function toMode(value: string): Mode {
  return modes.find((mode) => mode === value) ?? 'video'
}
