// Launches real browsers with fake cameras and microphones. Every launch is a new process.
import type { Browser, LaunchOptions } from 'puppeteer-core'
import { launch } from 'puppeteer-core'

const isRoot = process.getuid?.() === 0

/**
 * Devices and permissions of a Chromium. By default it has one camera and grants all permissions.
 */
export interface ChromiumTraits {
  /** Whether Chromium grants camera and microphone without a prompt. @default true */
  readonly grants?: boolean
  /**
   * The number of cameras. If it is 3, the second is a depth camera, from which Chromium cannot
   * capture. @default 1
   */
  readonly cameras?: 0 | 1 | 3
}

/** Options to run a browser in another network namespace. */
export interface RemoteHost {
  /**
   * Path of a program that starts the browser in that namespace. @default the browser on this
   * machine
   */
  readonly executablePath?: string
  /** The port through which the test controls Firefox. @default a free port */
  readonly debuggingPort?: number
  /** An origin whose pages may open cameras, although it does not use https. */
  readonly trustedOrigin?: string
}

function path(variable: 'BUDDY_CHROMIUM' | 'BUDDY_FIREFOX'): string {
  const value = process.env[variable]
  if (!value) {
    throw new Error(`${variable} is empty: run the tests with npm test, or set the variable`)
  }
  return value
}

/** Starts Chromium. The caller must close it. */
export function launchChromium(traits: ChromiumTraits & RemoteHost = {}): Promise<Browser> {
  const { grants = true, cameras = 1, executablePath, trustedOrigin } = traits
  return launchBrowser({
    browser: 'chrome',
    executablePath: executablePath ?? path('BUDDY_CHROMIUM'),
    // Controls the browser through a pipe: a debugging port in another network namespace cannot be
    // reached from here, and the end of the pipe ends the browser if the process of the test is killed.
    pipe: true,
    args: [
      ...(isRoot ? ['--no-sandbox'] : []),
      // The frame rate is low, because four software encoders must share a small machine.
      `--use-fake-device-for-media-stream=device-count=${cameras},fps=10`,
      ...(grants ? ['--use-fake-ui-for-media-stream'] : []),
      '--autoplay-policy=no-user-gesture-required',
      // Puts plain IP addresses in candidates, because multicast DNS does not work on every test
      // machine.
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      // Host names for pages without https. Unlike localhost, browsers do not treat them as a
      // secure context.
      '--host-resolver-rules=MAP *.example 127.0.0.1',
      ...(trustedOrigin ? [`--unsafely-treat-insecure-origin-as-secure=${trustedOrigin}`] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
    ],
  })
}

/** Starts Firefox. The caller must close it. */
export function launchFirefox({
  executablePath,
  debuggingPort,
}: RemoteHost = {}): Promise<Browser> {
  return launchBrowser({
    browser: 'firefox',
    executablePath: executablePath ?? path('BUDDY_FIREFOX'),
    ...(debuggingPort !== undefined && { debuggingPort }),
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.devices.insecure.enabled': true,
      'media.getusermedia.insecure.enabled': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  })
}

async function launchBrowser(options: LaunchOptions): Promise<Browser> {
  return launch({ headless: true, defaultViewport: { width: 1000, height: 700 }, ...options })
}
