/** Lays values that live at different times over the same bytes. */

/** A value that lives from step `first` to step `last`, both included. */
export interface Lifetime {
  readonly bytes: number
  readonly first: number
  readonly last: number
}

const alignment = 64

/** Offsets for all values, and the bytes they need together: large values first, each at its lowest free place. */
export function layOut(values: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const order = values.map((_, i) => i).sort((a, b) => values[b]!.bytes - values[a]!.bytes || a - b)
  const offsets = new Array<number>(values.length).fill(0)
  const placed: number[] = []
  let total = 0
  for (const i of order) {
    const value = values[i]!
    const size = Math.ceil(value.bytes / alignment) * alignment
    const neighbours = placed
      .filter((j) => values[j]!.first <= value.last && value.first <= values[j]!.last)
      .sort((a, b) => offsets[a]! - offsets[b]!)
    let offset = 0
    for (const j of neighbours) {
      if (offsets[j]! - offset >= size) break
      offset = Math.max(offset, offsets[j]! + Math.ceil(values[j]!.bytes / alignment) * alignment)
    }
    offsets[i] = offset
    placed.push(i)
    total = Math.max(total, offset + size)
  }
  return { offsets, bytes: total }
}
