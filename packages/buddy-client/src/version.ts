/** The version of this package, such as `1.2.3`. The build puts it here, in place of `unbuilt`. */
export const version: string = 'unbuilt'
