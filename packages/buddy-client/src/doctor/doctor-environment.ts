import type { ClientEnvironment } from '../browser-environment.ts'
import { browserEnvironment } from '../browser-environment.ts'

/** The browser functions that the connection doctor uses in addition to those of a client. */
export interface DoctorEnvironment extends ClientEnvironment {
  /** The time of this device, in milliseconds since 1970. */
  readonly now: () => number
  /** The time of the server at `url`, in milliseconds since 1970. Undefined if it cannot be read. */
  readonly timeAt: (url: string) => Promise<number | undefined>
  /** Whether audio may play now. Undefined if the browser does not reveal it. */
  readonly mayPlay: () => boolean | undefined
}

/** Firefox has an API for the autoplay policy. Other browsers reveal only past user gestures. */
interface NavigatorWithAutoplay {
  readonly getAutoplayPolicy?: (kind: 'mediaelement') => string
  readonly userActivation?: { readonly hasBeenActive: boolean }
}

/** The real browser. */
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
      // The page's content security policy may forbid the request, which is no fault.
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
