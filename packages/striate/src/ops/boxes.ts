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
