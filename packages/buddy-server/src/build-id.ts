/**
 * A hash of all code of the build that this module belongs to; the build puts it here, in place of `unbuilt`. The
 * manifest of the public files has the same one. If they differ, a new build has replaced the files while this
 * process was starting, or the files were copied incompletely.
 */
export const buildId: string = 'unbuilt'
