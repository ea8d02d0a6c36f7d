/** What a package manager prints if a package asks the user for something, or does not fit. */
const complaint = /warn|deprecat|peer|engine|build script|allow-scripts|unmet|missing|fail|error/i

/** Yarn says of every ES module under Plug'n'Play that it is experimental, and counts that as a warning. */
const harmless = /YN0092|Done with warnings/

/**
 * Returns the lines in the output of an install by which a package manager complains about a package: peers,
 * build scripts, deprecated versions, versions of Node.
 */
export const complaints = (output: string): readonly string[] =>
  output.split('\n').filter((line) => complaint.test(line) && !harmless.test(line))
