/** Sets of cells as unions of boxes, a box being any set of indices along each axis. */

/** The cells whose index along every axis is in that axis's rising list. */
export type Box = readonly (readonly number[])[]

/** So many boxes are kept apart; more are replaced by the box around them. */
const mostBoxes = 64

/** What a union has to know of the sets along an axis. */
export interface SetsOfCells<Cells> {
  readonly same: (a: Cells, b: Cells) => boolean
  readonly holds: (outer: Cells, inner: Cells) => boolean
  readonly merge: (a: Cells, b: Cells) => Cells
}

/** Makes the union with one box more; boxes that another holds, or that join into one, are not kept apart. */
export function unionOfBoxes<Cells>({
  same,
  holds,
  merge,
}: SetsOfCells<Cells>): (
  boxes: (readonly Cells[])[],
  box: readonly Cells[],
) => (readonly Cells[])[] {
  type AnyBox = readonly Cells[]
  const holdsBox = (outer: AnyBox, inner: AnyBox): boolean =>
    inner.every((cells, a) => holds(outer[a]!, cells))
  /** The axis along which alone two boxes differ, or null. */
  const onlyDifference = (a: AnyBox, b: AnyBox): number | null => {
    const differing = a.flatMap((cells, axis) => (same(cells, b[axis]!) ? [] : [axis]))
    return differing.length === 1 ? differing[0]! : null
  }
  return function add(boxes, box) {
    const rest: AnyBox[] = []
    let grown = box
    for (const other of boxes) {
      if (holdsBox(other, grown)) return boxes
      if (holdsBox(grown, other)) continue
      const axis = onlyDifference(other, grown)
      if (axis === null) rest.push(other)
      else grown = grown.with(axis, merge(other[axis]!, grown[axis]!))
    }
    // What has grown may hold or join others that it did not before.
    if (grown !== box) return add(rest, grown)
    if (rest.length < mostBoxes) return [...rest, grown]
    return [rest.reduce((hull, each) => hull.map((cells, a) => merge(cells, each[a]!)), grown)]
  }
}

/** The boxes, apart, of an array of `sizes` that hold exactly the cells at these places in row-major order. */
export function boxesOf(places: readonly number[], sizes: readonly number[]): Box[] {
  const rest = sizes.slice(1)
  if (rest.length === 0) return [[[...new Set(places)].sort((a, b) => a - b)]]
  const step = rest.reduce((product, size) => product * size, 1)
  const rows = new Map<number, number[]>()
  for (const place of places) {
    const row = Math.floor(place / step)
    const own = rows.get(row)
    if (own) own.push(place % step)
    else rows.set(row, [place % step])
  }
  // Rows with the same cells make one box.
  const alike = new Map<string, { rows: number[]; places: number[] }>()
  for (const [row, own] of [...rows].sort(([a], [b]) => a - b)) {
    const key = own.sort((a, b) => a - b).join()
    const group = alike.get(key)
    if (group) group.rows.push(row)
    else alike.set(key, { rows: [row], places: own })
  }
  return [...alike.values()].flatMap((group) =>
    boxesOf(group.places, rest).map((box) => [group.rows, ...box]),
  )
}

const lists: SetsOfCells<readonly number[]> = {
  same: (a, b) => a === b || (a.length === b.length && a.every((cell, i) => cell === b[i])),
  holds(outer, inner) {
    if (outer === inner) return true
    if (outer.length < inner.length) return false
    const set = new Set(outer)
    return inner.every((cell) => set.has(cell))
  },
  merge: (a, b) => [...new Set([...a, ...b])].sort((i, j) => i - j),
}

/** {@link unionOfBoxes} of rising lists. */
export const addBox: (boxes: Box[], box: Box) => Box[] = unionOfBoxes(lists)
