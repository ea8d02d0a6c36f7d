/**
 * The configuration cannot be used. The message is for the operator, with one line for each mistake.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
