import type { Visitor } from './visitor.ts'

/** The properties of a page's `window` after {@link recordConnections}. */
export interface RecordedPage {
  readonly connections: RTCPeerConnection[]
}

/** From now on, adds every peer connection that the page creates to `window.connections`. */
export async function recordConnections({ page }: Visitor): Promise<void> {
  await page.evaluate(() => {
    const { connections } = Object.assign(window, { connections: [] as RTCPeerConnection[] })
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration)
        connections.push(this)
      }
    }
  })
}
