import type { Cancel, Clock } from '../clock.ts'
import type { Gathered } from './rules.ts'

/** Browsers end attempts over UDP after about 10 s. A TURN server that works answers much earlier. */
const timeoutMs = 8000

interface GatherEnvironment {
  readonly createConnection: (configuration: RTCConfiguration) => RTCPeerConnection
  readonly clock: Clock
}

/**
 * Gathers candidates with a peer connection that is never connected. Resolves as soon as `isEnough`
 * returns true, when gathering is complete, or after 8 s.
 * @throws (as a rejection) the error of the constructor of `RTCPeerConnection`
 */
export async function gather(
  { createConnection, clock }: GatherEnvironment,
  configuration: RTCConfiguration,
  isEnough: (seen: Gathered) => boolean,
): Promise<Gathered> {
  const connection = createConnection(configuration)
  const hasErrorEvents = 'onicecandidateerror' in connection
  const errorCodes: number[] = []
  let seen: Gathered = {
    isReflexive: false,
    isRelayed: false,
    errorCodes,
    isComplete: false,
    hasErrorEvents,
  }
  let cancel: Cancel | undefined
  try {
    await new Promise<void>((resolve) => {
      cancel = clock.after(timeoutMs, resolve)
      const observe = (change: Partial<Gathered>): void => {
        seen = { ...seen, ...change }
        if (seen.isComplete || isEnough(seen)) resolve()
      }
      connection.addEventListener('icecandidate', ({ candidate }) => {
        if (!candidate?.candidate) return
        if (candidate.type === 'srflx') observe({ isReflexive: true })
        if (candidate.type === 'relay') observe({ isRelayed: true })
      })
      connection.addEventListener('icecandidateerror', ({ errorCode }) => {
        errorCodes.push(errorCode)
        observe({})
      })
      connection.addEventListener('icegatheringstatechange', () => {
        if (connection.iceGatheringState === 'complete') observe({ isComplete: true })
      })
      connection.createDataChannel('')
      connection.setLocalDescription().catch(() => resolve())
    })
  } finally {
    cancel?.()
    connection.close()
  }
  return seen
}
