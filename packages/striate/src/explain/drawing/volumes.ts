/** The drawing of a convolution over three axes: a lightbox of depth slices. */
import { axisTaps } from '../../geometry/axis.ts'
import type { CellExplanation } from '../cell.ts'
import { type GridAxis, type Places, placeName, shortText } from './grid.ts'
import { kernelTile, outputTitle, plain, plane, type Scene } from './scene.ts'
import { aligned, type Block, evened, renderTile } from './tile.ts'

/** Three axes (or more: all but the last two are walked): slices side by side, kernel slices under those that they meet. */
export function volumes(scene: Scene): Block[] {
  const { cell, axes, channels, style, width, picture } = scene
  const outer = axes.slice(0, -2)
  const [rows, columns] = axes.slice(-2) as [GridAxis, GridAxis]
  const sheet = (channel: number, place: readonly number[]): Block | null => {
    const taps = place.map((each, a) => outer[a]!.taps.indexOf(each))
    const isRead = taps.every((k) => k >= 0)
    const names = place.map((each, a) => placeName(outer[a]!, each))
    const slice = plane(
      `depth ${names.map((name) => name || '·').join(', ')}`,
      [rows.places, columns.places],
      [(each) => placeName(rows, each), (each) => placeName(columns, each)],
      (row, column) => picture.input(channel, [...place, row, column]),
    )
    const isCell = slice.cells.flat().some(({ role }) => role === 'cell')
    if (!isCell && !isRead) return null
    const block = isCell ? renderTile(slice, style) : emptySlice(slice.title, names)
    if (!isRead) return block
    const kernel = renderTile(kernelTile(scene, channel, taps), style)
    const sum = sliceSum(cell, channel, taps, outer)
    return evened([...block, '⊙', ...kernel, `= ${shortText(sum)}`])
  }
  const parts = channels.map((channel) => {
    const blocks = tuples(outer.map(({ places }) => places)).map((place) =>
      place === null ? ['…'] : sheet(channel, place),
    )
    return headed(`x, channel ${channel}`, shelved(blocks, width))
  })
  const results = tuples(outer.map(({ outputs }) => outputs)).map((place) =>
    place === null
      ? ['…']
      : renderTile(
          plane(
            `depth ${place.join(', ')}`,
            [rows.outputs, columns.outputs],
            [String, String],
            (row, column) => ({
              ...plain(picture.output([...place, row, column])),
              isMarked: [...place, row, column].every((index, a) => index === cell.position[a]),
            }),
          ),
          style,
        ),
  )
  return [...parts, headed(outputTitle(scene), shelved(results, width))]
}

/** A slice of padding or a hole, which has no cells of its own. */
const emptySlice = (title: string, names: readonly string[]): Block =>
  evened([title, names.includes('') ? '· no input' : '(0) padding'])

/** What the taps of one kernel slice add. */
function sliceSum(
  cell: CellExplanation,
  channel: number,
  taps: readonly number[],
  outer: readonly GridAxis[],
): number {
  const stored = taps.map((k, a) => axisTaps(outer[a]!.axis, 0)[k]!.kernel)
  return cell.taps
    .filter((tap) => tap.channel === channel && stored.every((k, a) => tap.kernelIndex[a] === k))
    .reduce((sum, { product }) => sum + product, 0)
}

/** Every choice of one place from each list; null where any is left out. */
const tuples = (lists: readonly Places[]): (number[] | null)[] =>
  lists.reduce<(number[] | null)[]>(
    (before, list) =>
      before.flatMap((tuple) =>
        list.map((place) => (tuple === null || place === null ? null : [...tuple, place])),
      ),
    [[]],
  )

/** A title above shelves, an empty line between these. */
const headed = (title: string, shelves: readonly Block[]): Block => [
  title,
  ...shelves.flatMap((shelf, i) => (i === 0 ? shelf : ['', ...shelf])),
]

/** Blocks in rows as wide as the width allows. */
function shelved(blocks: readonly (Block | null)[], width: number): Block[] {
  const shelves: Block[][] = [[]]
  let used = 0
  for (const block of blocks) {
    if (block === null) continue
    const own = block[0]!.length + 3
    if (used > 0 && used + own - 3 > width) {
      shelves.push([])
      used = 0
    }
    shelves.at(-1)!.push(block)
    used += own
  }
  return shelves.map((shelf) => aligned(shelf, '   '))
}
