// Carries out the stages of a Dockerfile, each in a folder.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { copyFolder, writeBaseImage } from './base-images.mjs'
import { networkMounts, run } from './container.mjs'
import { ignoredBy } from './docker-ignore.mjs'

/** Settings for package managers that this machine has, such as a registry. */
function packageSettings() {
  const get = (name) => String(execFileSync('npm', ['config', 'get', name])).trim()
  const cafile = get('cafile')
  return {
    npm_config_registry: get('registry'),
    ...(cafile !== 'null' && { npm_config_cafile: cafile }),
    ...(process.env.NODE_EXTRA_CA_CERTS && {
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
    }),
  }
}

/**
 * Builds all stages.
 * @param stages from `readDockerfile`
 * @param options.context the folder that is copied by `COPY . .`
 * @param options.work an empty folder
 * @returns the folder of the last stage
 * @throws Error if a command fails, with its output
 */
export async function buildStages(stages, { context, work, cache, node }) {
  const built = new Map()
  // Paths in the image, whose commands run as root.
  const home = '/root'
  const caches = {
    [`${home}/.npm`]: join(cache, 'npm'),
    [`${home}/.local/share/pnpm`]: join(cache, 'pnpm'),
    [`${home}/.cache`]: join(cache, 'other'),
  }
  for (const folder of Object.values(caches)) mkdirSync(folder, { recursive: true })
  let root
  for (const [index, { image, name, instructions }] of stages.entries()) {
    root = join(work, `stage-${index}`)
    writeBaseImage(image, root, { cache, node })
    if (name !== undefined) built.set(name, root)
    let folder = '/'
    for (const instruction of instructions) {
      if (instruction.kind === 'WORKDIR') {
        folder = posix.resolve(folder, instruction.folder)
        mkdirSync(join(root, folder), { recursive: true })
      } else if (instruction.kind === 'COPY') {
        copy(instruction, { root, folder, built, context })
      } else if (instruction.kind === 'RUN') {
        console.log(`RUN ${instruction.script}`)
        const { code, output } = await run(['/bin/sh', '-c', instruction.script], {
          root,
          folder,
          mounts: networkMounts(caches),
          env: packageSettings(),
        })
        if (code !== 0) throw new Error(`${instruction.script} failed with ${code}:\n${output}`)
      }
    }
  }
  return root
}

function copy({ stage, from, to }, { root, folder, built, context }) {
  if (stage !== undefined && !built.has(stage)) throw new Error(`There is no stage ${stage}.`)
  const source = join(stage === undefined ? context : built.get(stage), from)
  if (!existsSync(source)) throw new Error(`COPY: there is no ${from}.`)
  const target = join(root, posix.resolve(folder, to))
  if (stage !== undefined) {
    if (!statSync(source).isDirectory()) mkdirSync(dirname(target), { recursive: true })
    return copyFolder(source, target)
  }
  const isIgnored = ignoredBy(readFileSync(join(context, '.dockerignore'), 'utf8'))
  cpSync(source, target, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    filter: (path) => !isIgnored(relative(context, path)),
  })
}
