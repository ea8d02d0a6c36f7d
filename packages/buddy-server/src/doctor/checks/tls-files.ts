import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:tls'
import { readTlsFiles, TlsError } from '../../transport/tls-files.ts'
import type { CheckContext } from '../context.ts'
import { certificateFault } from '../fault-words.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, skipped, warning } from '../finding.ts'

const dayMs = 86_400_000
/** Certificates of Let's Encrypt are renewed 30 days before they expire. */
const warnBeforeDays = 14

/** Checks the server's own certificate: key, dates, names and chain. */
export async function checkTlsFiles(context: CheckContext): Promise<Observation[]> {
  const { options, process } = context.config
  const { tlsCertFile: certFile, tlsKeyFile: keyFile } = options
  if (!certFile)
    return [skipped('The server serves http: a proxy in front of it must serve https.')]
  try {
    readTlsFiles({ certFile, keyFile })
  } catch (error) {
    if (!(error instanceof TlsError)) throw error
    return [problem(`${error.message}.`)]
  }
  const cert = readFileSync(certFile, 'utf8')
  const certificate = new X509Certificate(cert)
  const host = process.publicUrl && new URL(process.publicUrl).hostname.replace(/^\[|\]$/g, '')
  const dates = checkDates(certificate, context.now())
  const found = [
    ...dates,
    ...(host ? checkName(certificate, host, certFile) : []),
    ...(dates.length === 0
      ? await checkChain(cert, readFileSync(keyFile, 'utf8'), context.timeLimitMs)
      : []),
  ]
  const days = Math.floor((Date.parse(certificate.validTo) - context.now()) / dayMs)
  return found.length > 0
    ? found
    : [ok(`The certificate fits its key${host && ` and ${host}`}, and is valid for ${days} days.`)]
}

function checkDates({ validFrom, validTo }: X509Certificate, nowMs: number): Observation[] {
  if (Date.parse(validFrom) > nowMs) {
    return [
      problem(`The certificate is valid only from ${validFrom}: is this machine’s clock right?`),
    ]
  }
  const days = Math.floor((Date.parse(validTo) - nowMs) / dayMs)
  if (days < 0)
    return [problem(`The certificate expired on ${validTo}: renew it, then send SIGHUP.`)]
  if (days >= warnBeforeDays) return []
  return [
    warning(
      `The certificate expires in ${days} days: does its renewal work, and does it reload the server?`,
    ),
  ]
}

function checkName(certificate: X509Certificate, host: string, certFile: string): Observation[] {
  const isCovered = isIP(host) > 0 ? certificate.checkIP(host) : certificate.checkHost(host)
  if (isCovered !== undefined) return []
  const names = certificate.subjectAltName?.replaceAll('DNS:', '') ?? 'no name'
  return [
    problem(`The certificate in ${certFile} is for ${names}, not for ${host}: obtain one for it.`),
  ]
}

/** Makes a real TLS connection, to find out whether a client accepts the chain. */
async function checkChain(cert: string, key: string, timeLimitMs: number): Promise<Observation[]> {
  const server = createServer({ cert, key })
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const code = await new Promise<string | undefined>((resolve, reject) => {
      const client = connect({
        port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        // The name is checked separately.
        checkServerIdentity: () => undefined,
        timeout: timeLimitMs,
      })
      client.once('error', reject)
      client.once('timeout', () => client.destroy(new Error('no TLS handshake in time')))
      client.once('secureConnect', () => {
        // Node declares an error, but the value is its code.
        resolve(client.authorized ? undefined : String(client.authorizationError))
        client.destroy()
      })
    })
    return code === undefined
      ? []
      : [
          problem(
            `The certificate ${certificateFault(code)}: use the file with the whole chain (fullchain.pem) of a public authority.`,
          ),
        ]
  } finally {
    server.close()
  }
}
