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
      return manifest
    },
  },
}
