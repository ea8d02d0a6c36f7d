import type { ProcessOptions } from './process-settings.ts'
import { processSettings } from './process-settings.ts'
import type { ResolvedServerOptions } from './server-settings.ts'
import { serverSettings } from './server-settings.ts'
import type { Setting } from './setting.ts'

/** Every setting of the server and its process, in the groups and order of `docs/configuration.md`. */
export const settingGroups: Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>> = {
  ...serverSettings,
  ...processSettings,
}

/** The name of the option of a setting, such as `maxRooms`. */
export type OptionName = keyof ResolvedServerOptions | keyof ProcessOptions

/** Every setting of the server and its process, by the name of its option. */
export const settings: Readonly<Record<OptionName, Setting<unknown>>> = Object.assign(
  {},
  ...Object.values(settingGroups),
)
