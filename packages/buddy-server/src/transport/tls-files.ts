import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'

/** The files of a certificate and its key. */
export interface TlsFiles {
  /** The path of a PEM file with the server's certificate, followed by the intermediate certificates. */
  readonly certFile: string
  /** The path of a PEM file with the certificate's private key, without a passphrase. */
  readonly keyFile: string
}

/** Thrown if a certificate or its key cannot be used. The message names the file and the reason. */
export class TlsError extends Error {
  override readonly name = 'TlsError'
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the user of this process may not read it',
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

/**
 * Returns the result of `parse`. If it throws, throws a TlsError that names the file and contains `wrong`.
 */
function parsing<Result>(path: string, wrong: string, parse: () => Result): Result {
  try {
    return parse()
  } catch (cause) {
    throw new TlsError(`${path}: ${wrong} (${reasonOf(cause)})`, { cause })
  }
}

/**
 * Reads a certificate and its key and checks that a server can use them. Dates and host names are not
 * checked, because clients check them.
 * @returns the text of both files. It changes only if a file changes.
 * @throws TlsError
 */
export function readTlsFiles({ certFile, keyFile }: TlsFiles): string {
  const cert = read(certFile)
  const key = read(keyFile)
  // These checks exist because OpenSSL's own error messages are hard to understand.
  if (!/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(cert)) {
    throw new TlsError(`${certFile}: contains no certificate in PEM format`)
  }
  if (!/-----BEGIN ([A-Z]+ )?PRIVATE KEY-----/.test(key)) {
    throw new TlsError(`${keyFile}: contains no private key in PEM format`)
  }
  if (key.includes('ENCRYPTED')) {
    throw new TlsError(`${keyFile}: the private key has a passphrase: remove it`)
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
  // This call also reads the rest of the chain, and refuses what TLS does not accept, such as short keys.
  parsing(certFile, 'TLS does not accept it, or what follows it in the file', () =>
    createSecureContext({ cert, key }),
  )
  return cert + key
}
