import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const compiler = join(root, 'node_modules/typescript/bin/tsc')

/**
 * Checks the types of all sources, and prints the errors. An error of a type stops neither pages nor server,
 * because Vite and Node only remove the types.
 */
export class TypeCheck {
  #child
  #isWanted = false
  #hadErrors = false

  /** Begins a check. If one runs already, another one follows, so that the latest sources are checked. */
  run() {
    this.#isWanted = true
    if (!this.#child) void this.#check()
  }

  /** Ends a running check. */
  stop() {
    this.#isWanted = false
    this.#child?.kill()
  }

  async #check() {
    this.#isWanted = false
    const child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        compiler,
        '--project',
        join(import.meta.dirname, 'tsconfig.json'),
        ...(process.stdout.isTTY ? ['--pretty'] : []),
      ],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
    )
    this.#child = child
    // The pages and the server come first.
    if (child.pid) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL)
    const [code] = await once(child, 'exit')
    this.#child = undefined
    if (code === 0 && this.#hadErrors) console.log('There are no type errors any more.')
    if (code !== null) this.#hadErrors = code !== 0
    if (this.#isWanted) await this.#check()
  }
}
