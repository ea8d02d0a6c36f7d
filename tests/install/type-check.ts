// Checks programs that use the published types, in a project that has the packages installed.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NewProject } from './new-project.ts'

const packagesFolder = join(import.meta.dirname, '../../packages')

/** The ways in which TypeScript finds a package, as the option `moduleResolution`. */
export const resolutions = ['node16', 'nodenext', 'bundler'] as const

/** One of {@link resolutions}. */
export type Resolution = (typeof resolutions)[number]

/** What is checked: the packages for browsers, or the server with the types of Node. */
export type CheckedPart = 'page' | 'program'

/**
 * Writes what is checked into the project: the files of `typed-use`, and the TypeScript examples in the
 * READMEs of the packages.
 */
export async function writeTypedUse(project: NewProject): Promise<void> {
  await project.copy('typed-use', '.')
  for (const [name, part] of [
    ['protocol', 'page'],
    ['client', 'page'],
    ['element', 'page'],
    ['guard', 'page'],
    ['server', 'program'],
  ] as const) {
    const readme = await readFile(join(packagesFolder, `buddy-${name}/README.md`), 'utf8')
    const examples = [...readme.matchAll(/```ts\n(.*?)```/gs)]
    if (examples.length === 0) throw new Error(`the README of ${name} has no TypeScript example`)
    for (const [index, [, code]] of examples.entries()) {
      await project.write(`${part}-readme-${name}-${index}.ts`, code!)
    }
  }
}

/**
 * Checks one part strictly, with the declarations of all packages.
 * @param compiler path of `tsc`, in the project's folder or absolute
 * @returns the errors that the compiler prints; empty if there is none
 */
export async function typeErrors(
  project: NewProject,
  compiler: string,
  part: CheckedPart,
  resolution: Resolution,
): Promise<string> {
  const file = `tsconfig.${part}.${resolution}.json`
  const compilerOptions = {
    target: 'es2022',
    module: resolution === 'bundler' ? 'esnext' : resolution,
    moduleResolution: resolution,
    lib: part === 'page' ? ['es2022', 'dom', 'dom.iterable'] : ['es2023'],
    types: part === 'page' ? [] : ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  }
  const include = [`${part}.ts`, `${part}-*.ts`]
  await project.write(file, JSON.stringify({ compilerOptions, include }))
  const { code, output } = await project.run('node', compiler, '--project', file)
  if (code !== 0 && output === '') throw new Error(`${compiler} ended with code ${code}`)
  return output
}
