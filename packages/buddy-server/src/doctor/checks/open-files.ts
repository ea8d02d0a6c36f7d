import type { FileCount } from '../../operations/open-files.ts'
import { systemFiles, usersWithin } from '../../operations/open-files.ts'
import type { CheckContext } from '../context.ts'
import type { Observation } from '../finding.ts'
import { ok, problem, warning } from '../finding.ts'

/**
 * Checks whether the limit of open files allows as many users as the settings.
 * @param maxFiles the limit of the running server. If it is not known, the limit of this process counts
 */
export function checkOpenFiles(
  { config }: CheckContext,
  maxFiles: number | undefined,
  files: FileCount = systemFiles,
): Observation[] {
  const limit = maxFiles ?? files.limit()
  const { maxUsers } = config.options
  const users = usersWithin(limit, files.used())
  const whose = maxFiles === undefined ? 'of this shell' : 'of the running server'
  if (users >= maxUsers) {
    return [
      ok(`The limit of open files ${whose} (${limit}) allows MAX_CONCURRENT_USERS=${maxUsers}.`),
    ]
  }
  const message = `The limit of open files ${whose} (${limit}) allows only ${users} of MAX_CONCURRENT_USERS=${maxUsers}: raise it (LimitNOFILE in the unit, or ulimit -n).`
  // A service has a limit of its own, which the shell does not tell.
  return [maxFiles === undefined ? warning(message) : problem(message)]
}
