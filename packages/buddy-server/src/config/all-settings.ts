import type { ProcessOptions } from './process-settings.ts'
import { processSettings } from './process-settings.ts'
import type { ResolvedServerOptions } from './server-settings.ts'
import { serverSettings } from './server-settings.ts'
import type { Setting } from './setting.ts'

/** The settings in the groups people look for them in. */
export const settingGroups: Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>> = {
  ...serverSettings,
  ...processSettings,
}

/** The name of an option. */
export type OptionName = keyof ResolvedServerOptions | keyof ProcessOptions

/** Every setting, by its option. */
export const settings: Readonly<Record<OptionName, Setting<unknown>>> = Object.assign(
  {},
  ...Object.values(settingGroups),
)
