import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { packed } from '../pack.mjs'

function readPackage(fileName) {
  const tarball = join(packed, fileName)
  const manifest = JSON.parse(
    execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' }),
  )
  return {
    ...manifest,
    tarball,
    fileName,
    bytes: statSync(tarball).size,
    sha256: createHash('sha256').update(readFileSync(tarball)).digest('hex'),
  }
}

/**
 * Returns the packed packages, each after those that it depends on. So a user who installs a package while
 * a release is in progress can install everything that it needs.
 */
export function packedPackages() {
  const packages = readdirSync(packed)
    .sort()
    .map((name) => readPackage(name))
  const ordered = new Set()
  const add = (item) => {
    const { dependencies = {}, optionalDependencies = {} } = item
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const needed = packages.find((other) => other.name === name)
      if (needed) add(needed)
    }
    ordered.add(item)
  }
  for (const item of packages) add(item)
  return [...ordered]
}
