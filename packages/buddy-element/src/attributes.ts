import type { Mode } from '@buddy-chat/client'

/**
 * Lit converter of a text attribute. If the attribute is removed, the property becomes an empty
 * string, which is its default.
 */
export const emptyIfRemoved = { fromAttribute: (value: string | null): string => value ?? '' }

/** Returns the items of a comma-separated text or of an array, trimmed and without empty items. */
export function toList(value: string | readonly string[]): readonly string[] {
  const parts = typeof value === 'string' ? value.split(',') : value
  return parts.flatMap((part) => part.trim() || [])
}

const modes: readonly Mode[] = ['video', 'audio', 'text']

/** Returns `value` if it is a mode, otherwise `video`. */
export function toMode(value: string): Mode {
  return modes.find((mode) => mode === value) ?? 'video'
}

/**
 * Returns when the visitor's clear picture is sent. Only an absent or empty value, or `at-once`, shows it at
 * once. Every other value covers it, because it is probably a mistyped `mutual`.
 */
export function toReveal(value: string | null | undefined): 'at-once' | 'mutual' {
  return !value || value === 'at-once' ? 'at-once' : 'mutual'
}
