/**
 * Thrown if the configuration cannot be used. The message is for the operator, and has one line for each
 * mistake.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
