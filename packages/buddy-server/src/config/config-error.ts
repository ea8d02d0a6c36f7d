/** A configuration that cannot be used; the message is for the operator, a line for each mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}
