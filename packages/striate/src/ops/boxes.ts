/** Sets of cells as unions of boxes, a box being any set of indices along each axis. */

/** The cells whose index along every axis is in that axis's rising list. */
export type Box = readonly (readonly number[])[]

/** So many boxes are kept apart; more are replaced by the box around them. */
const mostBoxes = 64

/** A union with one box more; boxes that another holds, or that join into one, are not kept apart. */
export function addBox(boxes: Box[], box: Box): Box[] {
  const rest: Box[] = []
  let grown = box
  for (const other of boxes) {
    if (holds(other, grown)) return boxes
    if (holds(grown, other)) continue
    const axis = onlyDifference(other, grown)
    if (axis === null) rest.push(other)
    else grown = grown.with(axis, merge(other[axis]!, grown[axis]!))
  }
  // What has grown may hold or join others that it did not before.
  if (grown !== box) return addBox(rest, grown)
  if (rest.length < mostBoxes) return [...rest, grown]
  return [rest.reduce((hull, each) => hull.map((cells, a) => merge(cells, each[a]!)), grown)]
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

const merge = (a: readonly number[], b: readonly number[]): number[] =>
  [...new Set([...a, ...b])].sort((i, j) => i - j)

const equal = (a: readonly number[], b: readonly number[]): boolean =>
  a === b || (a.length === b.length && a.every((cell, i) => cell === b[i]))

function holds(outer: Box, inner: Box): boolean {
  return inner.every((cells, a) => {
    const own = outer[a]!
    if (own === cells) return true
    if (own.length < cells.length) return false
    const set = new Set(own)
    return cells.every((cell) => set.has(cell))
  })
}

/** The axis along which alone two boxes differ, or null. */
function onlyDifference(a: Box, b: Box): number | null {
  const differing = a.flatMap((cells, axis) => (equal(cells, b[axis]!) ? [] : [axis]))
  return differing.length === 1 ? differing[0]! : null
}
