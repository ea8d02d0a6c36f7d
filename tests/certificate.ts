// Self-signed certificates for tests of TLS. A client trusts such a certificate only if the test
// passes it to the client.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { writeSelfSigned } from './self-signed.ts'

/** A certificate and its private key, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Creates a certificate for `localhost` with OpenSSL. Its files are removed when the test ends. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-certificate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { certFile, keyFile } = writeSelfSigned(folder)
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}
