// Writes the entries of CHANGELOG.md files. `changeset version` calls it.

/** Returns the text of a changeset as an item of a list, without the id of its commit. */
const getReleaseLine = async ({ summary }) => `- ${summary.trim().replaceAll(/\n(?=.)/g, '\n  ')}`

/** Returns no item for updated dependencies, because all packages have the same version. */
const getDependencyReleaseLine = async () => ''

export default { getReleaseLine, getDependencyReleaseLine }
