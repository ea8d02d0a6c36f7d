import type { CallEnvironment } from './call/call-environment.ts'
import { systemClock } from './clock.ts'
import type { Unsubscribe } from './emitter.ts'
import type { MediaEnvironment } from './media/open-devices.ts'
import { probeServer } from './signaling/server-probe.ts'
import type { SignalingEnvironment } from './signaling/signaling-channel.ts'

/** Everything that a client takes from the browser, in one place, so that tests can replace it. */
export interface ClientEnvironment extends SignalingEnvironment, CallEnvironment {
  readonly media: () => MediaEnvironment
  /**
   * Reports what happens to page and machine, until unsubscribed: the network has changed; the user has
   * left a page that the browser may show again as it was (back/forward cache); the page is about to be
   * frozen; the page is visible again, or the machine may have slept.
   */
  readonly watch: (listener: {
    readonly onNetworkChange: () => void
    readonly onPageHide: () => void
    readonly onFreeze: () => void
    readonly onWake: () => void
  }) => Unsubscribe
  /** The page's address, against which a relative `server` is resolved. */
  readonly baseUrl: () => string | undefined
  /** Writes a warning to the page's console, for its developer. It must contain nothing private. */
  readonly warn: (message: string) => void
}

/** The Network Information API, which only Chromium has. */
interface NavigatorWithNetwork {
  readonly connection?: EventTarget & { readonly type?: string }
}

/** Permissions Policy in scripts, which only Chromium has. */
interface PolicyDocument {
  readonly permissionsPolicy?: { allowsFeature(feature: string): boolean }
  readonly featurePolicy?: { allowsFeature(feature: string): boolean }
}

/** The real browser. It reads no global before it is needed, so importing it in Node is safe. */
export const browserEnvironment: ClientEnvironment = {
  createSocket: (url, protocol) => new WebSocket(url, protocol),
  clock: systemClock,
  random: Math.random,
  probeServer: (socketAddress) => probeServer(socketAddress, globalThis.fetch),
  watchPolicy: (onForbidden) => {
    const listening = new AbortController()
    const handle = (event: SecurityPolicyViolationEvent): void => {
      if (event.disposition === 'enforce') onForbidden(event.blockedURI)
    }
    globalThis.document?.addEventListener('securitypolicyviolation', handle, {
      signal: listening.signal,
    })
    return () => listening.abort()
  },
  createConnection: (configuration) => new RTCPeerConnection(configuration),
  watch: ({ onNetworkChange, onPageHide, onFreeze, onWake }) => {
    const listening = new AbortController()
    const listen = (
      target: EventTarget | undefined,
      type: string,
      handle: (event: Event) => void,
    ): void => target?.addEventListener?.(type, handle, { signal: listening.signal })
    const { document, navigator } = globalThis
    const network = (navigator as NavigatorWithNetwork | undefined)?.connection
    let { type } = network ?? {}
    listen(globalThis, 'online', onNetworkChange)
    // The event is also fired for each new estimate of the speed. Only another `type` is another network.
    listen(network, 'change', () => {
      if (network?.type === type) return
      type = network?.type
      onNetworkChange()
    })
    listen(document, 'visibilitychange', () => {
      if (document.visibilityState === 'visible') onWake()
    })
    listen(document, 'freeze', onFreeze)
    listen(document, 'resume', onWake)
    // If the page is discarded instead, the browser closes its connections.
    listen(globalThis, 'pagehide', (event) => {
      if ((event as PageTransitionEvent).persisted) onPageHide()
    })
    listen(globalThis, 'pageshow', onWake)
    return () => listening.abort()
  },
  preparesCalls: true,
  hasWebRtc: () => 'RTCPeerConnection' in globalThis,
  isHidden: () => globalThis.document?.visibilityState === 'hidden',
  baseUrl: () => globalThis.location?.href,
  warn: (message) => console.warn(message),
  media: () => ({
    isSecureContext: globalThis.isSecureContext,
    mediaDevices: navigator.mediaDevices,
    allowsFeature: (feature) => {
      const { permissionsPolicy, featurePolicy } = document as PolicyDocument
      return (permissionsPolicy ?? featurePolicy)?.allowsFeature(feature)
    },
    permission: async (device) => {
      try {
        return (await navigator.permissions.query({ name: device })).state
      } catch {
        // Older browsers do not support these permission names.
        return undefined
      }
    },
    canChooseSpeaker: 'setSinkId' in HTMLMediaElement.prototype,
  }),
}
