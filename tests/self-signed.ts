import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
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

/**
 * Creates a certificate for `localhost` and 127.0.0.1 in `folder` that an authority has issued, and the
 * certificate of that authority.
 */
export function writeIssued(folder: string): CertificateFiles & { readonly authorityFile: string } {
  const run = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  run(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=Test authority',
  )
  run('req', ...newKey, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=localhost')
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1')
  const issuer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial']
  run('x509', '-req', '-in', 'request.pem', ...issuer, '-extfile', 'names', '-out', 'cert.pem')
  return {
    certFile: join(folder, 'cert.pem'),
    keyFile: join(folder, 'key.pem'),
    authorityFile: join(folder, 'ca.pem'),
  }
}
