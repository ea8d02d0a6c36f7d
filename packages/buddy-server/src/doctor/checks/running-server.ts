import { localUrl } from '../../local-url.ts'
import { listenFault } from '../../transport/listen-error.ts'
import type { CheckContext } from '../context.ts'
import { faultOf } from '../fault-words.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, skipped, warning } from '../finding.ts'
import type { HttpAnswer } from '../../http-get.ts'
import { httpGet, jsonIn } from '../../http-get.ts'
import { within } from '../../within.ts'

/** What the checks of the port and of the running server have found. */
export interface LocalServer {
  readonly port: readonly Observation[]
  readonly runningServer: readonly Observation[]
  /** Whether a Buddy server answers at the configured port. */
  readonly isRunning: boolean
  /** The maximum number of open files of the running server. Undefined if it is not known. */
  readonly maxFiles: number | undefined
}

/** Checks whether the port is free, or a Buddy server answers there already. Then checks that server. */
export async function checkLocalServer(context: CheckContext): Promise<LocalServer> {
  const { host, port } = context.config.options
  const notRunning = {
    runningServer: [skipped('No server runs here yet.')],
    isRunning: false,
    maxFiles: undefined,
  }
  if (port === 0) return { ...notRunning, port: [ok('The server chooses a free port (PORT=0).')] }
  const fault = await listenFault(host, port)
  if (fault === undefined) {
    return { ...notRunning, port: [ok(`Port ${port} on ${host} is free: the server can start.`)] }
  }
  if (fault.code !== 'EADDRINUSE') return { ...notRunning, port: [problem(fault.message)] }

  const url = localUrl(context.config.options)
  const get = (path: string, headers = {}): Promise<HttpAnswer> =>
    within(context.timeLimitMs, (signal) =>
      // A certificate for the public name does not cover the local address.
      httpGet(`${url}${path}`, { signal, headers, verifiesCertificate: false }),
    )
  let root
  try {
    root = jsonIn(await get('/'))
  } catch (error) {
    return {
      ...notRunning,
      port: [
        problem(
          `Port ${port} on ${host} is in use, but ${faultOf(error)}: stop that program, or set PORT to another port.`,
        ),
      ],
    }
  }
  if (root?.['service'] !== 'buddy-server') {
    return {
      ...notRunning,
      port: [
        problem(
          `Port ${port} on ${host} is used by another program: stop it, or set PORT to another port.`,
        ),
      ],
    }
  }
  const [health, version, metrics] = await Promise.all([
    checkHealth(get),
    checkVersion(get, context.version),
    readMetrics(get, context.config.options.adminToken),
  ])
  return {
    port: [ok(`A Buddy server answers at port ${port} on ${host}.`)],
    runningServer: [...health, ...version, ...metrics.found],
    isRunning: true,
    maxFiles: metrics.maxFiles,
  }
}

type Get = (path: string, headers?: Readonly<Record<string, string>>) => Promise<HttpAnswer>

async function checkHealth(get: Get): Promise<Observation[]> {
  try {
    const [health, ready] = await Promise.all([get('/healthz'), get('/readyz')])
    if (health.status !== 200)
      return [problem(`/healthz answers ${health.status}: restart the server.`)]
    if (ready.status === 200) return [ok('The server is healthy, and ready for clients.')]
    const reason = String(jsonIn(ready)?.['status'])
    return [
      reason === 'draining'
        ? warning('The server is stopping, and refuses new clients: start it again.')
        : problem(`The server is not ready (${reason}): install it again, and restart it.`),
    ]
  } catch (error) {
    return [problem(`/healthz cannot be reached, because ${faultOf(error)}: restart the server.`)]
  }
}

async function checkVersion(get: Get, version: string): Promise<Observation[]> {
  try {
    const running = jsonIn(await get('/status'))?.['version']
    if (running === version) return [ok(`Its version is that of this command (${version}).`)]
    return [
      warning(
        `Its version is ${String(running)}, and that of this command is ${version}: restart it.`,
      ),
    ]
  } catch (error) {
    return [warning(`Its version is not known, because ${faultOf(error)}.`)]
  }
}

/** Reads what only the holder of the admin token can read. */
async function readMetrics(
  get: Get,
  adminToken: string,
): Promise<{ readonly found: readonly Observation[]; readonly maxFiles: number | undefined }> {
  try {
    const { status, body } = await get('/metrics', {
      ...(adminToken !== '' && { Authorization: `Bearer ${adminToken}` }),
    })
    const isRefused = status === 401 || status === 404
    const found = isRefused
      ? [
          warning(
            'It has another ADMIN_TOKEN than this configuration: reload it by SIGHUP, or restart it.',
          ),
        ]
      : []
    const [, limit] = /^process_max_fds (\d+)$/m.exec(body) ?? []
    return { found, maxFiles: limit === undefined ? undefined : Number(limit) }
  } catch {
    return { found: [], maxFiles: undefined }
  }
}
