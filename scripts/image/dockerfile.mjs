// Reads a Dockerfile into stages of plain instructions. Refuses what it does not know, so that image-check.mjs never
// skips a line.
import { DockerfileParser } from 'dockerfile-ast'

/** How each instruction that the check can carry out is read. */
const readers = {
  FROM: (instruction) => {
    const [image, as, name] = values(instruction)
    if (as !== undefined && as.toUpperCase() !== 'AS') throw new Error(`FROM ${image} ${as}`)
    return { image, name }
  },
  RUN: (instruction) => ({ script: instruction.getArgumentsContent() }),
  WORKDIR: (instruction) => ({ folder: only(instruction) }),
  COPY: (instruction) => {
    const flags = instruction.getFlags()
    const other = flags.find((flag) => flag.getName() !== 'from')
    if (other) throw new Error(`COPY --${other.getName()} is not supported`)
    const [from, to, ...more] = values(instruction)
    if (more.length > 0) throw new Error('COPY of several files is not supported')
    return { stage: flags[0]?.getValue(), from, to }
  },
  ENV: (instruction) => ({ variables: properties(instruction) }),
  LABEL: (instruction) => ({ labels: properties(instruction) }),
  USER: (instruction) => ({ user: only(instruction) }),
  EXPOSE: (instruction) => ({ port: only(instruction) }),
  STOPSIGNAL: (instruction) => ({ signal: only(instruction) }),
  HEALTHCHECK: (instruction) => ({ command: jsonStrings(instruction) }),
  ENTRYPOINT: (instruction) => ({ command: jsonStrings(instruction) }),
}

const values = (instruction) => instruction.getArguments().map((argument) => argument.getValue())

function only(instruction) {
  const [value, ...more] = values(instruction)
  if (value === undefined || more.length > 0)
    throw new Error(`${instruction.getKeyword()} needs one value`)
  return value
}

const properties = (instruction) =>
  Object.fromEntries(
    instruction.getProperties().map((property) => [property.getName(), property.getValue()]),
  )

/** Returns a command in the exec form, `["program", "argument"]`. The shell form would not pass signals on. */
function jsonStrings(instruction) {
  const [, list] = /(\[.*\])\s*$/s.exec(instruction.getArgumentsContent() ?? '') ?? []
  if (list === undefined) throw new Error(`${instruction.getKeyword()} needs the exec form`)
  return JSON.parse(list)
}

/**
 * Returns the stages of a Dockerfile, each with its image, its name and its instructions in order.
 * @throws Error if the file has an instruction or a form that the check does not know
 */
export function readDockerfile(text) {
  const stages = []
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const kind = instruction.getKeyword()
    const read = readers[kind]
    if (!read) throw new Error(`The check does not know the instruction ${kind}.`)
    const content = read(instruction)
    if (kind === 'FROM') stages.push({ ...content, instructions: [] })
    else if (stages.length === 0) throw new Error(`${kind} is before the first FROM.`)
    else stages.at(-1).instructions.push({ kind, ...content })
  }
  return stages
}

/** Returns what the last stage says about its container. */
export function containerOf({ instructions }) {
  const all = (kind) => instructions.filter((each) => each.kind === kind)
  const last = (kind) => {
    const found = all(kind).at(-1)
    if (!found) throw new Error(`The last stage has no ${kind}.`)
    return found
  }
  return {
    variables: Object.assign({}, ...all('ENV').map(({ variables }) => variables)),
    labels: Object.assign({}, ...all('LABEL').map(({ labels }) => labels)),
    user: last('USER').user,
    port: last('EXPOSE').port,
    stopSignal: last('STOPSIGNAL').signal,
    healthcheck: last('HEALTHCHECK').command,
    entrypoint: last('ENTRYPOINT').command,
  }
}
