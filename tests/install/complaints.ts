/** What a package manager prints if a package asks the user for something, or does not fit. */
const complaint = /warn|deprecat|peer|engine|build script|allow-scripts|unmet|missing|fail|error/i

/** Under Plug'n'Play, yarn prints for every ES module that it is experimental, as a warning. */
const harmless = /YN0092|Done with warnings/

/**
 * Returns the lines in the output of an install by which a package manager complains about a package: peers,
 * build scripts, deprecated versions, versions of Node.
 */
export const complaints = (output: string): readonly string[] =>
  output.split('\n').filter((line) => complaint.test(line) && !harmless.test(line))
