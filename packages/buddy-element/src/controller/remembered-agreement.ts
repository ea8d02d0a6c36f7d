const key = 'buddy-agreement'

/** Returns the version that the visitor agreed to on an earlier visit; undefined if none is stored. */
export function recallAgreement(): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    // Storage is blocked, for example in a sandboxed iframe.
    return undefined
  }
}

/** Stores the version that the visitor has agreed to. */
export function rememberAgreement(version: string): void {
  try {
    localStorage.setItem(key, version)
  } catch {
    // Storage is blocked or full. The visitor is asked again at the next visit.
  }
}

/** Removes what `rememberAgreement` has stored. */
export function forgetAgreement(): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // Storage is blocked, so nothing is stored.
  }
}
