import { readFileSync } from 'node:fs'

/**
 * Returns whether a command with these arguments and variables may use a data folder. A configuration file
 * that contains the name of the setting counts, because only the whole server can read the file correctly.
 */
export function needsSqlite(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if (environment['DATA_DIR']) return true
  if (args.some((arg) => /^--data-dir(=|$)/.test(arg))) return true
  const flag = args.findIndex((arg) => /^--config(=|$)/.test(arg))
  const [, inFlag] = (args[flag] ?? '').split('=')
  const path = inFlag ?? (flag === -1 ? undefined : args[flag + 1]) ?? environment['CONFIG_FILE']
  if (!path) return false
  try {
    return readFileSync(path, 'utf8').includes('data_dir')
  } catch {
    // The server itself reports a file that cannot be read.
    return false
  }
}
