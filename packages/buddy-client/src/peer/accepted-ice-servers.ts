interface AcceptedIceServers {
  readonly accepted: RTCIceServer[]
  /** URLs that are left out. */
  readonly refused: readonly string[]
}

/**
 * Leaves out the URLs that this browser refuses: with one of them its RTCPeerConnection would throw, and
 * no call would start. Browsers differ in what they accept, so this browser is asked. If it opens no
 * connection at all, the URLs are not at fault, and none is left out.
 */
export function acceptIceServers(
  servers: readonly RTCIceServer[],
  createConnection: (configuration: RTCConfiguration) => RTCPeerConnection,
): AcceptedIceServers {
  const isAccepted = (iceServers: RTCIceServer[]): boolean => {
    try {
      // It gathers nothing, and could show no address if it did.
      createConnection({ iceServers, iceTransportPolicy: 'relay' }).close()
      return true
    } catch {
      return false
    }
  }
  if (servers.length === 0 || isAccepted([...servers]) || !isAccepted([])) {
    return { accepted: [...servers], refused: [] }
  }
  const refused: string[] = []
  const accepted = servers.flatMap((server) => {
    const urls = [server.urls].flat().filter((url) => {
      const isGood = isAccepted([{ ...server, urls: [url] }])
      if (!isGood) refused.push(withoutUser(url))
      return isGood
    })
    return urls.length > 0 ? [{ ...server, urls }] : []
  })
  return { accepted, refused }
}

/** A URL may be wrong in that it holds a password. */
const withoutUser = (url: string): string => url.replace(/:.*@/s, ':…@')
