import { spawnSync } from 'node:child_process'

const npm = (args, stdio) =>
  spawnSync('npm', args, { encoding: 'utf8', shell: process.platform === 'win32', stdio })

/**
 * Returns whether the registry has this version.
 * @throws Error if the registry does not answer
 */
function isPublished({ name, version }) {
  const { status, stdout } = npm(['view', `${name}@${version}`, 'version', '--json'], 'pipe')
  // For a version that does not exist, npm prints nothing if the package has other versions.
  if (status === 0) return stdout.trim() !== ''
  const { error } = JSON.parse(stdout)
  if (error?.code === 'E404') return false
  throw new Error(`npm view ${name}@${version} failed: ${error?.summary ?? stdout}`)
}

/**
 * Publishes a packed package, unless the registry has it. So a release that failed half-way can be repeated.
 * A version such as 0.2.0-rc.1 gets the tag `next`, so that only who asks for it installs it.
 * @returns 'published', 'was published', or 'could be published' if `isDry`
 * @throws Error if npm fails
 */
export function publish(item, { isDry }) {
  if (!isDry && isPublished(item)) return 'was published'
  const tag = item.version.includes('-') ? 'next' : 'latest'
  const args = ['publish', item.tarball, '--access=public', `--tag=${tag}`, '--loglevel=error']
  const { status, stderr } = npm([...args, ...(isDry ? ['--dry-run'] : [])], 'pipe')
  if (status !== 0) throw new Error(`npm publish ${item.fileName} failed:\n${stderr}`)
  return isDry ? 'could be published' : 'published'
}
