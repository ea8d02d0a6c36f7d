// The node-<platform> packages give `os` and `cpu` as plain strings, which newer pnpm
// versions do not read as a constraint: they would install all five platforms.
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
