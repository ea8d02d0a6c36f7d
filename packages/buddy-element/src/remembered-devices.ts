import type { DeviceKind } from '@buddy-chat/client'

const key = 'buddy-devices'

type Remembered = Partial<Record<DeviceKind, string>>

/** What a person has chosen on this site before. Empty where nothing is kept, or nothing may be. */
export function recallDevices(): Remembered {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '{}')
    return Object.fromEntries(
      Object.entries(kept ?? {}).filter(([, id]) => typeof id === 'string'),
    ) as Remembered
  } catch {
    // Storage is blocked, or holds something else's data: then there is no memory.
    return {}
  }
}

/** Keeps a choice, on this machine only, until the site's data is cleared. */
export function rememberDevice(kind: DeviceKind, id: string): void {
  try {
    localStorage.setItem(key, JSON.stringify({ ...recallDevices(), [kind]: id }))
  } catch {
    // Storage is blocked or full: it will be chosen again.
  }
}
