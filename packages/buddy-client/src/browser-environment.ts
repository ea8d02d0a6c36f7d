import type { MediaEnvironment } from './media/local-media.ts'
import type { SignalingEnvironment } from './signaling/signaling-channel.ts'

/** Everything a client takes from the browser, in one place, so that tests can give their own. */
export interface ClientEnvironment extends SignalingEnvironment {
  readonly media: () => MediaEnvironment
  readonly createConnection: (configuration: RTCConfiguration) => RTCPeerConnection
  /** False where WebRTC is switched off, which privacy settings and extensions do. */
  readonly hasWebRtc: () => boolean
  /** The page's address, against which `server` is read. */
  readonly baseUrl: () => string | undefined
}

/** Chromium's Permissions Policy in script; other browsers keep it to themselves. */
interface PolicyDocument {
  readonly permissionsPolicy?: { allowsFeature(feature: string): boolean }
  readonly featurePolicy?: { allowsFeature(feature: string): boolean }
}

/** The browser as it is. Nothing is touched before it is needed: importing in Node is safe. */
export const browserEnvironment: ClientEnvironment = {
  createSocket: (url, protocol) => new WebSocket(url, protocol),
  setTimeout: (callback, delayMs) => globalThis.setTimeout(callback, delayMs) as unknown as number,
  clearTimeout: (id) => globalThis.clearTimeout(id),
  random: Math.random,
  createConnection: (configuration) => new RTCPeerConnection(configuration),
  hasWebRtc: () => 'RTCPeerConnection' in globalThis,
  baseUrl: () => globalThis.location?.href,
  media: () => ({
    isSecureContext: globalThis.isSecureContext,
    mediaDevices: navigator.mediaDevices,
    allowsFeature: (feature) => {
      const { permissionsPolicy, featurePolicy } = document as PolicyDocument
      return (permissionsPolicy ?? featurePolicy)?.allowsFeature(feature)
    },
  }),
}
