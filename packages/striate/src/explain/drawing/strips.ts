/** The drawing of a convolution over one axis. */
import { centreOf, type GridAxis, placeName, shortText } from './grid.ts'
import { along, ellipsis, outputTitle, partTitle, plain, type Scene } from './scene.ts'
import { type Block, cellWidth, nothing, renderTile, type TileCell } from './tile.ts'

/** One axis: input, weights under the cells that they meet, and output cells under the middle of their windows. */
export function strips(scene: Scene): Block[] {
  const { picture, cell, style, axes, channels } = scene
  const [grid] = axes as [GridAxis]
  const { axis, places, taps } = grid
  const outputs = new Map(Array.from({ length: axis.output }, (_, o) => [centreOf(axis, o), o]))
  const inputs = channels.map((channel) =>
    along(places, (place) => picture.input(channel, [place]), ellipsis),
  )
  const weight = (channel: number, place: number): TileCell => {
    const k = taps.indexOf(place)
    return k < 0 ? nothing : { ...nothing, text: shortText(picture.weight(channel, [k])) }
  }
  const weights = channels.map((channel) =>
    along(places, (place) => weight(channel, place), nothing),
  )
  const result = (place: number): TileCell => {
    const o = outputs.get(place)
    if (o === undefined) return nothing
    return { ...plain(picture.output([o])), isMarked: o === cell.position[0] }
  }
  const results = along(places, result, ellipsis)
  const names = along(places, (place) => placeName(grid, place), '')
  const texts = [...inputs, ...weights, results].flat().map(({ text }) => text.length)
  // Cells of one width in all strips, so that they lie under each other.
  const shared = {
    digits: Math.max(...texts, ...names.map((name) => name.length - 2)),
    hasPadding: inputs.flat().some(({ role }) => role === 'padding'),
  }
  const blocks = channels.map((channel, i) =>
    renderTile(
      {
        title: partTitle(scene, channel),
        cells: [inputs[i]!, weights[i]!],
        rowNames: ['x', 'w'],
        columnNames: names,
        ...shared,
      },
      style,
    ),
  )
  const strip = renderTile(
    {
      title: outputTitle(scene),
      cells: [results],
      rowNames: ['y'],
      columnNames: along(places, (place) => String(outputs.get(place) ?? ''), ''),
      ...shared,
    },
    style,
  )
  const isBetween = (taps[0]! + taps.at(-1)!) % 2 !== 0
  return [...blocks, isBetween ? shifted(strip, cellWidth(shared, style)) : strip]
}

/** A strip moved to the right by half a cell: the middle of an even window lies between two cells. */
const shifted = (strip: Block, width: number): Block =>
  strip.map((line, i) =>
    i === 0 ? line : line.slice(0, 2) + ' '.repeat(Math.round(width / 2)) + line.slice(2),
  )
