import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** Paths of a certificate and its private key, both in PEM. */
export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

/** Creates a certificate for `localhost` and 127.0.0.1 in `folder` with OpenSSL. */
export function writeSelfSigned(folder: string): CertificateFiles {
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', 'key.pem', '-out', 'cert.pem', '-subj', '/CN=localhost']
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  execFileSync('openssl', ['req', '-x509', ...algorithm, ...files, ...names], {
    cwd: folder,
    stdio: 'pipe',
  })
  return { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
}
