import type { ClientEnvironment } from '../browser-environment.ts'
import { browserEnvironment } from '../browser-environment.ts'

/** The browser functions that `diagnose()` uses. They include those of a client. */
export interface DoctorEnvironment extends ClientEnvironment {
  /** Returns the time of this machine, in milliseconds since 1970. */
  readonly now: () => number
  /** Resolves with the time of the server at `url`, in ms since 1970. Undefined if it cannot be read. */
  readonly timeAt: (url: string) => Promise<number | undefined>
  /** Returns whether the page may play audio now. Undefined if the browser does not reveal it. */
  readonly mayPlay: () => boolean | undefined
}

/**
 * Firefox has an API for the autoplay policy. Other browsers only reveal whether there was a user gesture,
 * which allows playing.
 */
interface NavigatorWithAutoplay {
  readonly getAutoplayPolicy?: (kind: 'mediaelement') => string
  readonly userActivation?: { readonly hasBeenActive: boolean }
}

/** The functions of the real browser. */
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
      // The page's Content-Security-Policy may block the request. That is not a fault to report.
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
