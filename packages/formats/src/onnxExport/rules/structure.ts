/** Moves of cells and products that ONNX says in one word. */
import { beneath, binary, castOf, choice, numberOf, withNumber } from '../match.ts'
import { selection, writeMaps } from '../primitives/axisMap.ts'
import { padConstant, placedPads } from '../primitives/shapes.ts'
import { sameShape, type Vertex } from '../vertex.ts'
import type { Translation } from '../writer.ts'

/** A product of two matrices plus a row, a column or a matrix. */
export function gemm(vertex: Vertex): Translation | null {
  const sum = binary(vertex, 'add')
  if (!sum || vertex.shape.length !== 2) return null
  const [product, bias] = sum
  if (product.kind !== 'matmul' || product.shape.length !== 2) return null
  const fits =
    sameShape(product.shape, vertex.shape) && bias.dtype === product.dtype && bias.shape.length <= 2
  const [a, b] = product.inputs as [Vertex, Vertex]
  if (!fits || a.shape.length !== 2 || b.shape.length !== 2) return null
  const { transposeA, transposeB } = product.attributes
  return {
    reads: [a, b, bias],
    write: (w) =>
      w.node('Gemm', [w.value(a), w.value(b), w.value(bias)], {
        ...(transposeA ? { transA: 1 } : {}),
        ...(transposeB ? { transB: 1 } : {}),
      }),
  }
}

/** Padding with a constant other than 0: where the input was placed it stays, elsewhere is the constant. */
export function constantPad(vertex: Vertex): Translation | null {
  const found = choice(vertex)
  const value = found && numberOf(found.no)
  if (!found || value === null || found.yes.kind !== 'place') return null
  const mask = found.condition
  if (mask.kind !== 'place' || !isOnes(mask.inputs[0]!)) return null
  const places = JSON.stringify([found.yes.attributes, found.yes.inputs[0]!.shape])
  if (JSON.stringify([mask.attributes, mask.inputs[0]!.shape]) !== places) return null
  const pairs = placedPads(found.yes)
  const x = found.yes.inputs[0]!
  if (!pairs || x.dtype !== vertex.dtype) return null
  return {
    reads: [x],
    write: (w) => padConstant(w, w.value(x), pairs, w.scalar(value, x.dtype, 'value')),
  }
}

const isOnes = (vertex: Vertex): boolean =>
  numberOf(vertex.kind === 'broadcast' ? vertex.inputs[0]! : vertex) === 1

/** Whole numbers go through float64 in maps that only pick cells: ONNX picks them as they are. */
export function wholeMaps(vertex: Vertex): Translation | null {
  const map = beneath(castOf(vertex) ?? undefined, 'axisMap')
  const x = map && castOf(map.inputs[0]!)
  if (!x || x.dtype !== vertex.dtype) return null
  const { maps } = map.attributes
  if (!maps.every(([, each]) => selection(each))) return null
  return { reads: [x], write: (w) => writeMaps(w, w.value(x), x, maps) }
}

/** Rows picked by indices of any shape. */
export function gather(vertex: Vertex): Translation | null {
  const [rows] = vertex.kind === 'reshape' ? vertex.inputs : []
  if (rows?.kind !== 'gatherRows') return null
  const [x, flat] = rows.inputs as [Vertex, Vertex]
  const { axis } = rows.attributes
  const indices = flat.kind === 'reshape' ? flat.inputs[0]! : flat
  if (!sameShape(vertex.shape, x.shape.toSpliced(axis, 1, ...indices.shape))) return null
  return {
    reads: [x, indices],
    write: (w) => w.node('Gather', [w.value(x), w.value(indices)], { axis }),
  }
}

/** A choice between equals, which an embedding with a padding row makes so that gradients differ. */
export function sameChoice(vertex: Vertex): Translation | null {
  const found = choice(vertex)
  if (!found || found.yes !== found.no || !sameShape(found.yes.shape, vertex.shape)) return null
  return { reads: [found.yes], write: (w) => w.value(found.yes) }
}

/** A product with 1 or a quotient by it: what an average over windows of one cell leaves. */
export function unchanged(vertex: Vertex): Translation | null {
  const found = withNumber(vertex, 'div') ?? withNumber(vertex, 'mul')
  if (found?.value !== 1 || found.x.dtype !== vertex.dtype) return null
  if (!sameShape(found.x.shape, vertex.shape)) return null
  return { reads: [found.x], write: (w) => w.value(found.x) }
}

/** The axes of the split tensor between the two reshapes, by the move. */
const moves = {
  DCR: [0, 3, 4, 1, 5, 2],
  CRD: [0, 1, 4, 2, 5, 3],
  deep: [0, 3, 5, 1, 2, 4],
} as const

/** Cells between channels and space: `DepthToSpace`, `SpaceToDepth`. */
export function depthAndSpace(vertex: Vertex): Translation | null {
  const turned = beneath(vertex.kind === 'reshape' ? vertex.inputs[0] : undefined, 'permute')
  const split = beneath(turned?.inputs[0], 'reshape')
  const x = split?.inputs[0]
  if (!turned || !split || x?.shape.length !== 4 || vertex.shape.length !== 4) return null
  const [batch, channels, height, width] = x.shape as [number, number, number, number]
  const order = turned.attributes.axes.join()
  for (const [mode, axes] of Object.entries(moves)) {
    if (order !== axes.join()) continue
    const isDeep = mode === 'deep'
    const block = isDeep ? height / vertex.shape[2]! : vertex.shape[2]! / height
    if (!Number.isInteger(block)) continue
    const parts = channels / block ** 2
    const wanted = {
      DCR: [batch, block, block, parts, height, width],
      CRD: [batch, parts, block, block, height, width],
      deep: [batch, channels, height / block, block, width / block, block],
    }[mode as keyof typeof moves]
    const result = isDeep
      ? [batch, channels * block ** 2, height / block, width / block]
      : [batch, parts, height * block, width * block]
    if (!sameShape(split.shape, wanted) || !sameShape(vertex.shape, result)) continue
    const [opType, attributes] = isDeep
      ? (['SpaceToDepth', { blocksize: block }] as const)
      : (['DepthToSpace', { blocksize: block, mode }] as const)
    return { reads: [x], write: (w) => w.node(opType, [w.value(x)], attributes) }
  }
  return null
}

/** The values that `TopK` gives beside their places. */
export function largest(vertex: Vertex): Translation | null {
  if (vertex.kind !== 'gatherElements') return null
  const [x, indices] = vertex.inputs as [Vertex, Vertex]
  if (indices.kind !== 'order' || indices.inputs[0] !== x || x.dtype === 'uint8') return null
  if (indices.attributes.axis !== vertex.attributes.axis) return null
  const { axis, k, largest: isLargest } = indices.attributes
  return {
    reads: [x],
    write(w) {
      const attributes = { axis, largest: Number(isLargest), sorted: 1 }
      return w.nodeOf('TopK', [w.value(x), w.wholes([k], 'k')], attributes, 2)[0]!
    },
  }
}
