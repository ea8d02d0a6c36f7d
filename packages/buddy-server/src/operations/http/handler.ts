import type { Clock } from '../../clock.ts'
import type { ResolvedServerOptions } from '../../config/server-settings.ts'
import type { Notify } from '../../events.ts'
import { addressKey } from '../../limits/client-address.ts'
import { HttpAdmission } from '../../limits/http-admission.ts'
import type { HttpRequest, TransportHandlers } from '../../transport/transport.ts'
import { AdminAccess } from './admin-access.ts'
import { createHttpRoutes } from './routes.ts'
import type { Moderation } from '../../safety/moderation.ts'
import type { Operations } from '../operations.ts'
import type { PublicFiles } from './public-files.ts'
import { Snapshot } from './snapshot.ts'

interface HttpHandlerDependencies {
  readonly settings: () => ResolvedServerOptions
  readonly clock: Clock
  readonly notify: Notify
  readonly operations: Operations
  readonly addressOf: (request: HttpRequest) => string
  readonly publicFiles: PublicFiles
  readonly isDraining: () => boolean
  readonly isEngineUp: () => boolean
  readonly downShards: () => readonly number[]
  /** Returns why Redis cannot be used, in one word; undefined if that is not known. */
  readonly redisProblem: () => string | undefined
  readonly moderation: Moderation
}

/** Answers the HTTP requests of a server. */
interface HttpHandler extends Required<Pick<TransportHandlers, 'keepsBody' | 'onRequest'>> {
  /** Deletes the counters of idle addresses. */
  readonly sweep: () => Promise<void>
}

/**
 * Creates the HTTP handler: connects the routes with the data that they return and with the limits of
 * addresses.
 */
export function createHttpHandler({
  settings,
  clock,
  notify,
  operations,
  addressOf,
  publicFiles,
  isDraining,
  isEngineUp,
  downShards,
  redisProblem,
  moderation,
}: HttpHandlerDependencies): HttpHandler {
  const now = (): number => clock.now()
  /** Returns the key of the client's address in limits. */
  const addressKeyOf = (request: HttpRequest): string => addressKey(addressOf(request))
  const adminAccess = new AdminAccess({
    adminToken: () => settings().adminToken,
    addressKeyOf,
    now,
  })
  const admission = new HttpAdmission({
    addressKeyOf,
    now,
    maxRequestsPerAddressPerMinute: () => settings().maxRequestsPerAddress,
  })
  const snapshot = <T>(make: () => T | Promise<T>): (() => Promise<T>) => {
    const made = new Snapshot(make, now)
    return () => made.read()
  }
  const publicStatus = snapshot(() => operations.status(false))
  const adminStatus = snapshot(() => operations.status(true))
  const { registry } = operations.metrics
  return {
    ...createHttpRoutes({
      addressOf,
      publicFiles,
      judge: (request) => {
        const verdict = admission.judge(request)
        if (verdict.kind !== 'admitted') {
          notify('refused', { code: 'rate-limited', origin: undefined })
        }
        return verdict
      },
      status: (withSites) => (withSites ? adminStatus() : publicStatus()),
      isDraining,
      isEngineUp,
      downShards,
      redisProblem,
      access: (request) => adminAccess.check(request),
      hasAdminToken: () => settings().adminToken !== '',
      metrics: snapshot(async () => ({
        type: registry.contentType,
        text: await registry.metrics(),
      })),
      dashboard: snapshot(() => operations.dashboard()),
      moderation,
      isPersistent: () => settings().dataDir !== '',
      siteKeys: () => operations.siteKeys(),
    }),
    sweep: async () => {
      await adminAccess.sweep()
      await admission.sweep()
    },
  }
}
