import type { DeviceKind } from '@buddy-chat/client'

const key = 'buddy-devices'

type Remembered = Partial<Record<DeviceKind, string>>

const kinds: readonly DeviceKind[] = ['camera', 'microphone', 'speaker']

/** Browsers make ids of 40 to 64 characters. A much longer one is not from them, and they refuse it. */
const maxIdLength = 256

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxIdLength
}

/** What the visitor has chosen on this site before. Empty if nothing is kept, or storage is blocked. */
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
    // Storage is blocked, or holds something else: then nothing is remembered.
    return {}
  }
}

/** Keeps a choice, on this machine only, until the site's data is cleared. An empty one forgets. */
export function rememberDevice(kind: DeviceKind, id: string): void {
  if (id.length > maxIdLength) return
  try {
    localStorage.setItem(key, JSON.stringify({ ...recallDevices(), [kind]: id }))
  } catch {
    // Storage is blocked or full: the visitor will choose again.
  }
}
