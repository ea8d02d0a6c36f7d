import { CommandError } from '../commands/command-error.ts'
import type { Prompts } from './ask.ts'

/**
 * Gives the suggested answer to each question, without asking. Rejects with CommandError if there is none that
 * is allowed.
 */
export const defaultPrompts: Prompts = {
  text: async ({ message, initial, faultOf }) => {
    const fault = faultOf(initial)
    if (fault === undefined) return initial
    throw new CommandError(`--yes needs the answer to "${message}" as a flag: ${fault}`)
  },
  confirm: async ({ initial }) => initial,
  choose: async ({ initial }) => initial,
  warn: (message) => {
    throw new CommandError(message)
  },
}
