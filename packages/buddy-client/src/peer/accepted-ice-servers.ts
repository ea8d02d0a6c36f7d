interface AcceptedIceServers {
  readonly accepted: RTCIceServer[]
  /** The removed URLs, without user names and passwords. */
  readonly refused: readonly string[]
}

/**
 * Removes the ICE URLs that this browser refuses, because `RTCPeerConnection` throws if it is given one,
 * and no call could start. Browsers differ in what they accept, so each URL is tested with a connection.
 * If the browser cannot create a connection even without URLs, no URL is removed.
 */
export function acceptIceServers(
  servers: readonly RTCIceServer[],
  createConnection: (configuration: RTCConfiguration) => RTCPeerConnection,
): AcceptedIceServers {
  const isAccepted = (iceServers: RTCIceServer[]): boolean => {
    try {
      // This connection gathers no candidates. Even if it did, `relay` would hide the user's address.
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

/** Replaces user name and password, because a URL may be refused for containing them. */
const withoutUser = (url: string): string => url.replace(/:.*@/s, ':…@')
