import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** Where a certificate is kept. */
export interface TlsFiles {
  /** Path of a PEM file: the server's certificate, then those between it and a root. */
  readonly certFile: string
  /** Path of a PEM file: the certificate's private key, without a passphrase. */
  readonly keyFile: string
}

/** A certificate or its key cannot be used; the message names the file and what is wrong. */
export class TlsError extends Error {
  override readonly name = 'TlsError'
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a folder',
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new TlsError(`${path}: ${unreadable[codeOf(cause)] ?? reasonOf(cause)}`, { cause })
  }
}

/** Runs `parse`; what it throws becomes a TlsError that says what is wrong with `path`. */
function parsing<Result>(path: string, wrong: string, parse: () => Result): Result {
  try {
    return parse()
  } catch (cause) {
    throw new TlsError(`${path}: ${wrong} (${reasonOf(cause)})`, { cause })
  }
}

/**
 * Reads a certificate and its key and makes sure that a server can use them. Dates and names are
 * not looked at: that is for clients to judge.
 * @returns the text of both; as long as it is equal, so are the files
 * @throws TlsError
 */
export function readTlsFiles({ certFile, keyFile }: TlsFiles): string {
  const cert = read(certFile)
  const key = read(keyFile)
  // Without these, OpenSSL's own words for any other content are about its innards.
  if (!/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(cert)) {
    throw new TlsError(`${certFile}: holds no certificate in PEM form`)
  }
  if (!/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(key)) {
    throw new TlsError(`${keyFile}: holds no private key in PEM form`)
  }
  if (key.includes('ENCRYPTED')) {
    throw new TlsError(`${keyFile}: the private key has a passphrase: take it off`)
  }
  const certificate = parsing(
    certFile,
    'the certificate is damaged',
    () => new X509Certificate(cert),
  )
  const privateKey = parsing(keyFile, 'the private key is damaged', () => createPrivateKey(key))
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TlsError(`${keyFile}: is not the key of the certificate in ${certFile}`)
  }
  // Reads the rest of the chain too, and knows what TLS does not take, such as short keys.
  parsing(certFile, 'TLS does not take it, or what follows it in the file', () =>
    createSecureContext({ cert, key }),
  )
  return cert + key
}
