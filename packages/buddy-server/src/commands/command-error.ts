/** Thrown if a sub-command cannot do what the operator asks. The message is for the operator. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
