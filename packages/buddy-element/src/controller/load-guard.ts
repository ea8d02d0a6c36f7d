import type { Guard, GuardSource } from '@buddy-chat/client/guard'

/**
 * A value of `guard`: a guard, a function that loads one, or the URL of a module with the function
 * `createGuard`. An empty URL, or true, means the guard that the server delivers.
 */
export type GuardSetting = GuardSource | string | boolean | null | undefined

interface GuardModule {
  readonly createGuard?: () => Guard | Promise<Guard>
}

/**
 * Returns the source of the guard; undefined if there is none.
 * @param serverFile returns the URL of a file of the server
 * @param base the address of the page, to which the URL of a module is relative
 */
export function guardSource(
  setting: GuardSetting,
  serverFile: (name: string) => string,
  base: string,
): GuardSource | undefined {
  if (setting === null || setting === undefined || setting === false) return undefined
  if (typeof setting === 'function') return setting
  if (typeof setting === 'object') return setting
  return async () => {
    const isOwn = typeof setting === 'string' && setting.trim() !== ''
    const url = isOwn ? new URL(setting, base).href : serverFile('buddy-guard.js')
    // The URL is known only now, so no bundler can replace this.
    const module = (await import(/* @vite-ignore */ /* webpackIgnore: true */ url)) as GuardModule
    if (!module.createGuard) throw new Error(`${url} does not export createGuard`)
    return module.createGuard()
  }
}
