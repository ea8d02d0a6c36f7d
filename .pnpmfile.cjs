// Corrects manifests of dependencies before they are installed.
//
// The node-<platform> packages declare `os` and `cpu` as plain strings. Newer versions of pnpm ignore these, and
// would install the packages of all five platforms, so this hook converts them to arrays.
const platformBinary = /^node-(bin-)?(linux|darwin|win)-/

module.exports = {
  hooks: {
    readPackage(manifest) {
      if (platformBinary.test(manifest.name)) {
        for (const key of ['os', 'cpu']) {
          if (typeof manifest[key] === 'string') manifest[key] = [manifest[key]]
        }
      }
      // The guard's build puts a few modules in the place of this package, which would bring many more.
      if (manifest.name === 'nsfwjs') delete manifest.peerDependencies['@tensorflow/tfjs']
      return manifest
    },
  },
}
