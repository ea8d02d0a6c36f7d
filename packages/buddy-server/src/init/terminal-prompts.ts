import { confirm, isCancel, log, select, text } from '@clack/prompts'
import { CommandError } from '../commands/command-error.ts'
import type { Prompts } from './ask.ts'

/** Returns an answer. @throws CommandError if the operator has cancelled the question */
function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new CommandError('Cancelled: nothing was written.')
  return answer as Exclude<T, symbol>
}

/** Asks in the terminal. Ctrl-C and Escape cancel. */
export const terminalPrompts: Prompts = {
  text: async ({ message, initial, faultOf }) => {
    const answer = await text({
      message,
      // An empty answer is the suggested one, which is shown until the operator types.
      placeholder: initial,
      defaultValue: initial,
      validate: (typed) => faultOf(typed?.trim() || initial),
    })
    return answered(answer).trim()
  },
  confirm: async ({ message, initial }) =>
    answered(await confirm({ message, initialValue: initial })),
  choose: async <T extends string>({
    message,
    initial,
    choices,
  }: Parameters<Prompts['choose']>[0]) => {
    const answer = await select<string>({ message, initialValue: initial, options: [...choices] })
    return answered(answer) as T
  },
  warn: (message) => log.warn(message),
}
