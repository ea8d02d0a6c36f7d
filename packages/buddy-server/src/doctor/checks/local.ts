// Checks that concern only this installation, and need no configuration.
import { describeFaults, loadPublicFiles } from '../../operations/http/public-files.ts'
import { loadAddon, NativeAddonError } from '../../transport/load-addon.ts'
import type { Observation } from '../finding.ts'
import { ok, problem } from '../finding.ts'

/** Checks that the native addon loads under this Node. */
export function checkAddon(load: () => unknown = loadAddon): Observation[] {
  try {
    load()
    return [
      ok(`uWebSockets.js loads on Node ${process.version} (${process.platform}-${process.arch}).`),
    ]
  } catch (error) {
    if (!(error instanceof NativeAddonError)) throw error
    return [problem(error.message)]
  }
}

/** Checks that every file that the server sends to clients is that of its build. */
export function checkOwnFiles(load = loadPublicFiles): Observation[] {
  const files = load()
  const faults = describeFaults(files)
  return [
    faults === undefined
      ? ok(`All files that the server sends are there (build ${files.version}).`)
      : problem(faults),
  ]
}
