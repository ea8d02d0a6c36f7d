import type { ClientEnvironment } from '../browser-environment.ts'
import { browserEnvironment } from '../browser-environment.ts'

/** What the doctor takes from the browser beyond what a client does. */
export interface DoctorEnvironment extends ClientEnvironment {
  /** Milliseconds since 1970, on this device's clock. */
  readonly now: () => number
  /** The same on the clock of whoever answers at `url`; undefined where that is not to be had. */
  readonly timeAt: (url: string) => Promise<number | undefined>
  /** Whether sound may play now; undefined where the browser does not tell. */
  readonly mayPlay: () => boolean | undefined
}

/** What browsers know of it: Firefox by name, others by whether a visitor has done anything yet. */
interface NavigatorWithAutoplay {
  readonly getAutoplayPolicy?: (kind: 'mediaelement') => string
  readonly userActivation?: { readonly hasBeenActive: boolean }
}

/** The browser as it is. */
export const browserDoctorEnvironment: DoctorEnvironment = {
  ...browserEnvironment,
  now: () => Date.now(),
  timeAt: async (url) => {
    try {
      const signal = AbortSignal.timeout(5000)
      const { headers } = await fetch(url, { cache: 'no-store', credentials: 'omit', signal })
      const time = Date.parse(headers.get('date') ?? '')
      return Number.isNaN(time) ? undefined : time
    } catch {
      // The page's own policy may forbid it, or a proxy does not pass it on: nothing is wrong.
      return undefined
    }
  },
  mayPlay: () => {
    const { getAutoplayPolicy, userActivation } = navigator as NavigatorWithAutoplay
    const policy = getAutoplayPolicy?.call(navigator, 'mediaelement')
    if (policy !== undefined) return policy === 'allowed'
    return userActivation?.hasBeenActive
  },
}
