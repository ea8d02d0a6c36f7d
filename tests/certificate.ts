// Certificates for this machine, each of its own making: trusted only by clients that are given them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { writeSelfSigned } from './self-signed.ts'

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Makes one for `localhost`, with OpenSSL. */
export function makeCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'buddy-certificate-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { certFile, keyFile } = writeSelfSigned(folder)
  return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}
