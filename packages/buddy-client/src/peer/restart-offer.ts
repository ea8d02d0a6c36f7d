/** The lines of a description about candidates (RFC 8839 §5.1, RFC 8840 §8.2). */
const candidateLines = /^a=(?:candidate:.*|end-of-candidates)\r?\n/gm

/** Returns the ICE user name fragment of a description, which each restart replaces (RFC 8839 §5.4). */
const fragmentOf = (description: RTCSessionDescription | null): string | undefined =>
  /^a=ice-ufrag:(.*)$/m.exec(description?.sdp ?? '')?.[1]

/** Returns whether the connection has made an offer that restarts ICE, and has not received the answer yet. */
export function awaitsRestart(connection: RTCPeerConnection): boolean {
  const { pendingLocalDescription, currentLocalDescription } = connection
  if (pendingLocalDescription?.type !== 'offer') return false
  return fragmentOf(pendingLocalDescription) !== fragmentOf(currentLocalDescription)
}

/** Returns a description (SDP) without its candidates. */
export const withoutCandidates = (sdp: string): string => sdp.replaceAll(candidateLines, '')
