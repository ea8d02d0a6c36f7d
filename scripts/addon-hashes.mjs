// node scripts/dev.mjs addon-hashes: writes packages/platforms/addon-hashes.json from the installed package. Do this
// only after comparing the binaries with upstream, see docs/decisions/native-addon.md.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const installed = join(root, 'packages/buddy-server/node_modules/uWebSockets.js')
const { name, version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))

const files = readdirSync(join(installed, 'dist/bin'))
  .sort()
  .map((file) => {
    const content = readFileSync(join(installed, 'dist/bin', file))
    const sha256 = createHash('sha256').update(content).digest('hex')
    // The name that Git gives to this content, by which it can be found in upstream's repository.
    const gitBlob = createHash('sha1').update(`blob ${content.length}\0`).update(content)
    return [file, { bytes: content.length, sha256, gitBlob: gitBlob.digest('hex') }]
  })

const hashes = { package: `${name}@${version}`, files: Object.fromEntries(files) }
const text = `${JSON.stringify(hashes, null, 2)}\n`
const path = join(root, 'packages/platforms/addon-hashes.json')
if (process.argv[2] === '--check') {
  if (text !== readFileSync(path, 'utf8')) console.log(`${path} has other hashes`)
} else writeFileSync(path, text)
