// A native addon for Windows imports the functions of Node from `node.exe`. Windows looks for a loaded file of
// that name, and the one-file server has another name. So the import is renamed before the addon is loaded.
//
// The layout is Microsoft's "PE Format" for 64-bit images (PE32+). All numbers are little-endian.

/** Offset of the offset of the PE signature, which the COFF file header follows. */
const peOffsetAt = 0x3c
const pe32Plus = 0x20b

interface Section {
  readonly address: number
  readonly size: number
  readonly fileOffset: number
}

/** The parts of an image that are needed here. Offsets are those of the file, addresses those of the image. */
interface Layout {
  readonly importsAddress: number
  readonly sections: readonly Section[]
  /** End of the section table. Zeros follow, up to `headersSize`. */
  readonly tableEnd: number
  readonly headersSize: number
}

function readLayout(view: DataView): Layout {
  const coff = view.getUint32(peOffsetAt, true) + 4
  const optional = coff + 20
  if (view.getUint16(optional, true) !== pe32Plus) throw new Error('not a 64-bit Windows image')
  const table = optional + view.getUint16(coff + 16, true)
  const count = view.getUint16(coff + 2, true)
  const sections = Array.from({ length: count }, (_, index) => {
    const at = table + index * 40
    return {
      address: view.getUint32(at + 12, true),
      size: view.getUint32(at + 16, true),
      fileOffset: view.getUint32(at + 20, true),
    }
  })
  return {
    // The second data directory is the import table.
    importsAddress: view.getUint32(optional + 120, true),
    sections,
    tableEnd: table + count * 40,
    headersSize: view.getUint32(optional + 60, true),
  }
}

function fileOffsetOf(address: number, { sections }: Layout): number {
  const section = sections.find((one) => address >= one.address && address < one.address + one.size)
  if (!section) throw new Error('an address of the Windows image is in no section')
  return section.fileOffset + address - section.address
}

function textAt(bytes: Uint8Array, offset: number): string {
  return Buffer.from(bytes.subarray(offset, bytes.indexOf(0, offset))).toString('latin1')
}

/**
 * Returns a copy of a Windows image that imports from the file `to` what the given image imports from `node.exe`.
 * @throws Error if the image does not import from `node.exe`, or if there is no space for the name
 */
export function withImportFrom(to: string, image: Uint8Array): Uint8Array {
  const bytes = image.slice()
  const view = new DataView(bytes.buffer)
  const layout = readLayout(view)
  const name = Buffer.from(`${to}\0`, 'latin1')
  // The space after the section table is part of the image. Its addresses are its offsets.
  const free = bytes.subarray(layout.tableEnd, layout.headersSize)
  if (name.length > free.length || free.some((byte) => byte !== 0)) {
    throw new Error(`the native addon has no space for the name ${to}`)
  }
  // Each descriptor has 20 bytes. The address of the name is at 12, and is 0 in the last descriptor.
  for (let at = fileOffsetOf(layout.importsAddress, layout); ; at += 20) {
    const nameAddress = view.getUint32(at + 12, true)
    if (nameAddress === 0) throw new Error('the native addon does not import from node.exe')
    if (textAt(bytes, fileOffsetOf(nameAddress, layout)).toLowerCase() !== 'node.exe') continue
    view.setUint32(at + 12, layout.tableEnd, true)
    bytes.set(name, layout.tableEnd)
    return bytes
  }
}
