import { createRequire } from 'node:module'
import type * as Uws from 'uWebSockets.js'
import type { AddonProblem, Machine } from './find-addon.ts'
import { findAddon, muslMessage, thisMachine } from './find-addon.ts'

/** The functions of uWebSockets.js. */
export type UwsAddon = typeof Uws

/** Thrown if the native part of uWebSockets.js cannot be loaded. The message says in one sentence what to do. */
export class NativeAddonError extends Error {
  override readonly name = 'NativeAddonError'
  readonly code: AddonProblem

  constructor(code: AddonProblem, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const require = createRequire(import.meta.url)

let loadEmbedded: (() => UwsAddon) | undefined

/**
 * Makes `loadAddon` call `load`. The one-file server calls this, because its addon is inside the executable.
 * `load` throws NativeAddonError.
 */
export function loadAddonBy(load: () => UwsAddon): void {
  loadEmbedded = load
}

/**
 * Loads the native part of uWebSockets.js. Repeated calls return the same object.
 * @throws NativeAddonError
 */
export function loadAddon(machine: Machine = thisMachine()): UwsAddon {
  if (loadEmbedded) return loadEmbedded()
  const found = findAddon(machine)
  if ('problem' in found) throw new NativeAddonError(found.problem, found.message)
  try {
    return require(found.file) as UwsAddon
  } catch (cause) {
    if (machine.hasMusl()) throw new NativeAddonError('musl', muslMessage, { cause })
    const [reason] = String(cause).split('\n')
    throw new NativeAddonError(
      'unloadable',
      `${found.file} cannot be loaded (${reason}): install @buddy-chat/server again on this machine.`,
      { cause },
    )
  }
}
