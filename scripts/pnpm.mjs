/** The pnpm version that installs the workspace and packs its packages. */
export const pnpmVersion = '10.34.9'
