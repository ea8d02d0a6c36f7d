const certificateFaults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is self-signed, which browsers do not accept',
  SELF_SIGNED_CERT_IN_CHAIN: 'was issued by an authority that browsers do not know',
  UNABLE_TO_GET_ISSUER_CERT: 'comes without its intermediate certificates',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'comes without its intermediate certificates',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'comes without its intermediate certificates',
  ERR_TLS_CERT_ALTNAME_INVALID: 'is for another name',
}

/** Returns what is wrong with a certificate, as the end of a sentence, from the code of OpenSSL or Node. */
export const certificateFault = (code: string): string =>
  certificateFaults[code] ?? `is not accepted (${code})`

const networkFaults: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved at present',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closes the connection',
  EPIPE: 'it closes the connection',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
}

/** Returns why an exchange with another machine has failed, as a clause. */
export function faultOf(error: unknown): string {
  const { code = '', name, message } = error as NodeJS.ErrnoException
  if (name === 'TimeoutError' || name === 'AbortError') return 'it does not answer in time'
  if (certificateFaults[code]) return `its certificate ${certificateFault(code)}`
  return networkFaults[code] ?? message
}
