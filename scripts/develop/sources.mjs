// The published names of the packages, such as `@buddy-chat/element/define`, and the source files behind them.
// The development server uses the sources, so that no build is needed.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const packages = join(import.meta.dirname, '../../packages')

/** Returns the source file of each published name, as an absolute path. Names without a source are left out. */
export function sourcesByName() {
  const sources = new Map()
  for (const folder of readdirSync(packages)) {
    const manifest = join(packages, folder, 'package.json')
    if (!existsSync(manifest)) continue
    const { name, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8'))
    for (const [path, target] of Object.entries(exports)) {
      const built = typeof target === 'string' ? target : target.default
      if (!/^\.\/dist\/.*\.js$/.test(built ?? '')) continue
      const source = built.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
      const file = join(packages, folder, source)
      if (existsSync(file)) sources.set(name + path.slice(1), file)
    }
  }
  return sources
}
