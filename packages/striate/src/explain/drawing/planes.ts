/** The drawing of a convolution over two axes. */
import { type GridAxis, placeName, shortText } from './grid.ts'
import { addedText, kernelTile, plain, plane, type Scene, sumText } from './scene.ts'
import { type Block, beside, evened, renderTile } from './tile.ts'

/** Two axes: for each channel the input with its window, the kernel as it lies on it, and what they give. */
export function planes(scene: Scene): Block[] {
  const { cell, picture, axes, style, channels, width } = scene
  const [rows, columns] = axes as [GridAxis, GridAxis]
  const pairs = channels.map((channel): Block[] => {
    const x = plane(
      `x, channel ${channel}`,
      [rows.places, columns.places],
      [(place) => placeName(rows, place), (place) => placeName(columns, place)],
      (row, column) => picture.input(channel, [row, column]),
    )
    return [renderTile(x, style), renderTile(kernelTile(scene, channel, []), style)]
  })
  const y = plane(
    `y, channel ${cell.outputChannel}`,
    [rows.outputs, columns.outputs],
    [String, String],
    (row, column) => ({
      ...plain(picture.output([row, column])),
      isMarked: row === cell.position[0] && column === cell.position[1],
    }),
  )
  const output = renderTile(y, style)
  const [only] = pairs
  if (pairs.length === 1 && cell.byChannel.length === 1) {
    const line = beside([...only!, output], ['  ⊙  ', `${addedText(cell.bias)}  →  `])
    if (line[0]!.length <= width) return [line]
  }
  const parts = pairs.map((pair, i) => {
    const sum = shortText(cell.byChannel[i]!.sum)
    const line = beside([...pair, [sum]], ['  ⊙  ', '  =  '])
    if (line[0]!.length <= width) return line
    // Too wide for one line: the kernel comes below its input.
    const [input, kernel] = pair as [Block, Block]
    return evened([...input, '  ⊙', ...kernel, `  = ${sum}`])
  })
  const total = beside([output, [sumText(cell)]], ['     '])
  return [...parts, total[0]!.length <= width ? total : evened([...output, sumText(cell)])]
}
