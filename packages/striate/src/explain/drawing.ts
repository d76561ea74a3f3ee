/** A picture of one output cell in plain characters: its window on the input, the kernel, the output. */
import { standsAt } from '../geometry/axis.ts'
import { checkPlace, explainWith } from './cell.ts'
import { type GridAxis, gridAxis, pictureOf, shortText } from './drawing/grid.ts'
import { planes } from './drawing/planes.ts'
import type { Scene } from './drawing/scene.ts'
import { strips } from './drawing/strips.ts'
import type { TileStyle } from './drawing/tile.ts'
import { volumes } from './drawing/volumes.ts'
import { plural, wrap } from './numbers.ts'
import { type ConvolutionSpec, resolveSpec, valuesOf } from './spec.ts'
import { checkTextOptions } from './text.ts'

export interface DrawingOptions {
  /** Characters a line may have. 80 by default. */
  readonly width?: number
  /** Lines that the picture should keep to. 48 by default. */
  readonly height?: number
  /** Whether terminal colours set marked cells, padding and frames off. Not by default. */
  readonly colour?: boolean
}

/**
 * Draws the window of one output cell: a strip for one axis, a grid for two, the depth slices side by
 * side for three. Cells that are read stand in a heavy frame (in square brackets where space is short),
 * padding in round brackets, a dot where a transposed convolution finds no input. What does not fit is
 * cut off, and said so.
 *
 * @throws StriateError if the spec does not fit together, the cell does not exist, or an option is wrong.
 * @example
 * ```ts
 * import { drawCell } from 'striate'
 * const picture = drawCell({ input: [1, 5], kernelSize: 3, padding: 1 }, 0, [0])
 * picture.includes('(0) padding') // => true
 * ```
 */
export function drawCell(
  spec: ConvolutionSpec,
  outputChannel: number,
  position: readonly number[],
  options: DrawingOptions = {},
): string {
  checkTextOptions('drawCell', options, ['width', 'height', 'colour'])
  const { width = 80, height = 48, colour = false } = options
  const convolution = resolveSpec(spec)
  checkPlace(convolution, outputChannel, position)
  const values = valuesOf(spec, convolution)
  const cell = explainWith(convolution, values, outputChannel, position)
  const channels = cell.byChannel.map(({ channel }) => channel)
  const { axes } = convolution.plan
  const whole = axes.map((axis, a) => gridAxis(axis, position[a]!, Number.POSITIVE_INFINITY))
  const picture = pictureOf(convolution, values, outputChannel, whole)
  const scene = (style: TileStyle, most: number, shown: number): Scene => {
    const cut = axes.map((axis, a) =>
      gridAxis(
        axis,
        position[a]!,
        a < axes.length - 2 && most < longest
          ? Math.min(most, whole[a]!.taps.at(-1)! - whole[a]!.taps[0]! + 2)
          : most,
      ),
    )
    return {
      convolution,
      cell,
      picture,
      axes: cut,
      style,
      width,
      channels: channels.slice(0, shown),
    }
  }
  // Cells are three characters wide at least, and a line high.
  const room = axes.length === 1 ? Math.floor(width / 3) : Math.min(Math.floor(width / 3), height)
  const longest = Math.min(room, Math.max(...whole.map(({ places }) => places.length)))
  const fits = (lines: readonly string[]): boolean =>
    lines.length <= height && lines.every((line) => line.length <= width)
  const lines = fitted(
    (style, most, shown) => draw(scene(style, most, shown)),
    fits,
    longest,
    Math.min(channels.length, 3),
  )
  return colour ? lines.map(coloured).join('\n') : lines.join('\n')
}

/** The roomiest drawing that fits: framed, else in brackets, then of fewer channels, then with less of the picture. */
function fitted(
  drawn: (style: TileStyle, most: number, shown: number) => readonly string[],
  fits: (lines: readonly string[]) => boolean,
  longest: number,
  channels: number,
): readonly string[] {
  for (let shown = channels; shown >= 1; shown--) {
    for (const style of ['frames', 'brackets'] as const) {
      const lines = drawn(style, longest, shown)
      if (fits(lines)) return lines
    }
  }
  for (let most = longest - 1; most > 3; most--) {
    const lines = drawn('brackets', most, 1)
    if (fits(lines)) return lines
  }
  return drawn('brackets', 3, 1)
}

function draw(scene: Scene): readonly string[] {
  const { axes } = scene
  const parts =
    axes.length === 1 ? strips(scene) : axes.length === 2 ? planes(scene) : volumes(scene)
  const lines = parts.flatMap((part, i) => (i === 0 ? part : ['', ...part]))
  return [...lines, '', ...legend(scene)].map((line) => line.trimEnd())
}

/** What the signs mean, of those that occur, and what is not shown. */
function legend({ cell, convolution, axes, channels, style, width }: Scene): string[] {
  const { y } = cell.formula
  const signs = [`${style === 'frames' ? 'heavy frame:' : '[ ]'} ${y} and the cells that it reads`]
  const { paddingMode } = convolution.plan
  const isPadded = ({ axis, places }: GridAxis): boolean =>
    places.some((place) => place !== null && standsAt(axis, place).kind === 'pad')
  if (axes.some(isPadded))
    signs.push(paddingMode === 'zeros' ? '(0) padding' : `( ) padding, ${paddingMode}`)
  if (axes.some(({ axis }) => axis.upsample > 1)) signs.push('· no input between cells')
  if (axes.some(({ places, outputs }) => places.includes(null) || outputs.includes(null)))
    signs.push('… cells left out: the numbers beside say which are shown')
  if (![cell.bias ?? 0, ...cell.taps.flatMap(({ x, w }) => [x, w])].every(Number.isInteger))
    signs.push('numbers to two decimals')
  const hidden = cell.byChannel.slice(channels.length)
  if (hidden.length > 0) {
    const sum = hidden.reduce((total, each) => total + each.sum, 0)
    signs.push(`${plural(hidden.length, 'more channel')} not drawn, adding ${shortText(sum)}`)
  }
  return wrap(
    signs
      .map((sign) => sign.replaceAll(' ', '\u00a0'))
      .join(';  ')
      .replaceAll(';  ', '; '),
    width,
  )
    .replaceAll('\u00a0', ' ')
    .split('\n')
}

/** Terminal colours: what is marked bright, padding and holes dim. */
const coloured = (line: string): string =>
  line
    .replace(
      /[━┃┏┓┗┛┣┫┳┻╋┍┎┑┒┕┖┙┚┝┞┟┠┡┢┥┦┧┨┩┪┭┮┯┰┱┲┵┶┷┸┹┺┽┾┿╀╁╂╃╄╅╆╇╈╉╊]+/g,
      '\u001b[1;36m$&\u001b[0m',
    )
    .replace(/(?<![a-z])\[[^\][]*\]/g, '\u001b[1;36m$&\u001b[0m')
    .replace(/\([^()]*\)|·/g, '\u001b[2m$&\u001b[22m')
