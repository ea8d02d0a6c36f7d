import type { DeviceKind } from '@buddy-chat/client'

const key = 'buddy-devices'

type Remembered = Partial<Record<DeviceKind, string>>

const kinds: readonly DeviceKind[] = ['camera', 'microphone', 'speaker']

/**
 * Maximum length of a stored device id. The ids of browsers have 40 to 64 characters, and browsers
 * refuse much longer ones.
 */
const maxIdLength = 256

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxIdLength
}

/**
 * Returns the devices that the visitor chose on this site before. Empty if none are stored, or if
 * storage is blocked.
 */
export function recallDevices(): Remembered {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, unknown> | null
    return Object.fromEntries(
      kinds.flatMap((kind) => {
        const id = kept?.[kind]
        return isId(id) ? [[kind, id]] : []
      }),
    )
  } catch {
    // Storage is blocked, or the stored value is not JSON.
    return {}
  }
}

/** Removes what `rememberDevice` has stored. */
export function forgetDevices(): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // Storage is blocked, so nothing is stored.
  }
}

/** Stores the chosen device in `localStorage`. An empty id removes the choice. */
export function rememberDevice(kind: DeviceKind, id: string): void {
  if (id.length > maxIdLength) return
  try {
    localStorage.setItem(key, JSON.stringify({ ...recallDevices(), [kind]: id }))
  } catch {
    // Storage is blocked or full. The visitor has to choose again.
  }
}
