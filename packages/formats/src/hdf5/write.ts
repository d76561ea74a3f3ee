/** HDF5 files of groups, arrays and text attributes, written by the HDF5 library itself. */
import { type ArrayInput, fail } from 'striate'

/** A group: what stands beside it, and what stands in it. */
export interface GroupContent {
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>
  readonly groups?: ReadonlyMap<string, GroupContent>
  readonly arrays?: ReadonlyMap<string, ArrayInput>
}

type Library = typeof import('h5wasm')
type Group = InstanceType<Library['Group']>

/** The library, four megabytes of it, is loaded when a file is written. */
async function loadLibrary(): Promise<Library> {
  const library = await import('h5wasm')
  await library.ready
  return library
}

const types = { float32: '<f', float64: '<d', int32: '<i', uint8: '<B' } as const

/** Files of the library's own file system, which is in memory. */
let written = 0

export async function encodeHdf5(op: string, root: GroupContent): Promise<Uint8Array<ArrayBuffer>> {
  const library = await loadLibrary()
  const files = library.FS!
  const name = `striate${written++}.h5`
  try {
    const file = new library.File(name, 'w', { libver: ['earliest', 'latest'] })
    try {
      fill(file, root)
    } finally {
      file.close()
    }
    return new Uint8Array(files.readFile(name))
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause)
    return fail({
      op,
      argument: 'the file',
      needs: 'must be accepted by the HDF5 library',
      got,
      cause,
    })
  } finally {
    if (files.analyzePath(name).exists) files.unlink(name)
  }
}

function fill(group: Group, { attributes = {}, groups, arrays }: GroupContent): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string') group.create_attribute(name, value)
    else if (value.length === 0) group.create_attribute(name, new Float64Array(0), [0])
    else group.create_attribute(name, [...value], [value.length])
  }
  for (const [path, { dtype, shape, data }] of arrays ?? []) {
    // An array's name may be a path through groups of its own.
    const parts = path.split('/')
    const last = parts.pop()!
    const around = parts.reduce<Group>(
      (holder, part) => (holder.get(part) ?? holder.create_group(part)) as Group,
      group,
    )
    around.create_dataset({ name: last, data, shape: [...shape], dtype: types[dtype] })
  }
  for (const [name, content] of groups ?? []) fill(group.create_group(name), content)
}
