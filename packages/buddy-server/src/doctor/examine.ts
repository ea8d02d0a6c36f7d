import type { Config, ConfigInput } from '../config/read-config.ts'
import { readConfig } from '../config/read-config.ts'
import { ConfigError } from '../config/config-error.ts'
import { checkWelcome, InvalidWelcomeError } from '../sites/check-welcome.ts'
import { createSites } from '../sites/site.ts'
import { checkClientAddress } from './checks/client-address.ts'
import { checkClock } from './checks/clock.ts'
import { checkAddon, checkOwnFiles } from './checks/local.ts'
import { checkOpenFiles } from './checks/open-files.ts'
import { checkOrigins } from './checks/origins.ts'
import { checkPublicUrl } from './checks/public-url.ts'
import { checkRedisServer } from './checks/redis.ts'
import { checkLocalServer } from './checks/running-server.ts'
import { checkStun } from './checks/stun.ts'
import { checkTlsFiles } from './checks/tls-files.ts'
import { checkTurn } from './checks/turn.ts'
import { checkWebSocket } from './checks/web-socket.ts'
import type { CheckContext } from './context.ts'
import type { CheckName, Finding, Observation } from './finding.ts'
import { checkNames, ok, problem, warning } from './finding.ts'

/** What {@link examine} needs besides the configuration. */
export type ExamineOptions = Omit<CheckContext, 'config'>

/**
 * Makes every check. If the configuration is invalid, makes only those that do not need it.
 * @returns the findings, in the order of {@link checkNames}
 */
export async function examine(
  input: ConfigInput,
  options: ExamineOptions,
): Promise<readonly Finding[]> {
  const found: Finding[] = []
  const record = (check: CheckName, observations: readonly Observation[]): void => {
    found.push(...observations.map((observation) => ({ check, ...observation })))
  }
  record('native addon', checkAddon())
  record('own files', checkOwnFiles())
  const { config, observations } = checkConfiguration(input)
  record('configuration', observations)
  if (config) await examineConfigured({ ...options, config }, record)
  return found.sort((one, other) => checkNames.indexOf(one.check) - checkNames.indexOf(other.check))
}

function checkConfiguration(input: ConfigInput): {
  readonly config: Config | undefined
  readonly observations: readonly Observation[]
} {
  try {
    const config = readConfig(input)
    checkWelcome(createSites(config.options).values(), config.options)
    return {
      config,
      observations: [
        config.process.isDev
          ? warning('The server runs in trial mode (--dev), which is for this machine only.')
          : ok('The configuration is valid.'),
      ],
    }
  } catch (error) {
    if (!(error instanceof ConfigError) && !(error instanceof InvalidWelcomeError)) throw error
    return {
      config: undefined,
      observations: error.message.split('\n').map((line) => problem(`${line}.`)),
    }
  }
}

type Record = (check: CheckName, observations: readonly Observation[]) => void

async function examineConfigured(context: CheckContext, record: Record): Promise<void> {
  const local = await checkLocalServer(context)
  record('port', local.port)
  record('running server', local.runningServer)
  record('open files', checkOpenFiles(context, local.maxFiles))
  const throughPublicUrl = async (): Promise<void> => {
    const found = await checkPublicUrl(context, local.isRunning)
    record('public URL', found)
    const isOk = found.every(({ verdict }) => verdict === 'ok' || verdict === 'warning')
    const webSocket = await checkWebSocket(context, isOk)
    record('WebSocket', webSocket)
    // In trial mode every start has another SECRET_KEY, so nothing proves which server it is.
    const isOwnServer =
      !context.config.process.isDev && webSocket.every(({ verdict }) => verdict === 'ok')
    record('client address', await checkClientAddress(context, isOwnServer))
  }
  const checks: Partial<globalThis.Record<CheckName, Promise<Observation[]>>> = {
    'TLS files': checkTlsFiles(context),
    Redis: checkRedisServer(context),
    origins: checkOrigins(context),
    clock: checkClock(context),
    STUN: checkStun(context),
    TURN: checkTurn(context),
  }
  await Promise.all([
    throughPublicUrl(),
    ...Object.entries(checks).map(async ([name, check]) => record(name as CheckName, await check)),
  ])
}
