// Looking inside: one cell as arithmetic, the cells that it depends on, and the ledger of a network.
import { conv2d, explainCell, lenet5, ones, receptiveField } from 'striate'

// One cell of a strided convolution at the border: which taps fall on padding, and what each adds.
const cell = explainCell(
  { input: [1, 3, 3], kernelSize: 2, stride: 2, padding: 1, x: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
  0,
  [0, 1],
)
for (const { kernelIndex, kind, x, w, product } of cell.taps)
  console.log(`tap [${kernelIndex.join(', ')}] ${kind.padEnd(3)} ${x} · ${w} = ${product}`)
console.log(`bias ${cell.bias}, sum ${cell.y}`)

// Which cells of the input does one cell of the output read? Through any graph, holes included.
const image = ones([1, 1, 32, 32])
const first = conv2d(image, ones([1, 1, 3, 3]), { stride: 2, padding: 1 })
const second = conv2d(first, ones([1, 1, 3, 3]), { dilation: 2, padding: 2 })
const [, , rows] = receptiveField(second, image, { cell: [0, 0, 8, 8] })
console.log('rows that are read', rows!.indices.join(' '))
console.log('field', rows!.size, 'jump', rows!.jump)

// Shapes, parameters and work of every layer, without running anything.
const { rows: layers, totals } = lenet5().summary([1, 28, 28])
for (const { kind, outputShape } of layers) console.log(kind.padEnd(10), outputShape?.join('×'))
console.log(totals.parameters, 'parameters')

// prints:
//   tap [0, 0] pad 0 · 0 = 0
//   tap [0, 1] pad 0 · -2 = 0
//   tap [1, 0] in  2 · 1 = 2
//   tap [1, 1] in  3 · -2 = -6
//   bias -1, sum -5
//   rows that are read 11 12 13 15 16 17 19 20 21
//   field 11 jump { numerator: 2, denominator: 1 }
//   Conv2d     6×28×28
//   Tanh       6×28×28
//   AvgPool2d  6×14×14
//   Conv2d     16×10×10
//   Tanh       16×10×10
//   AvgPool2d  16×5×5
//   Flatten    400
//   Linear     120
//   Tanh       120
//   Linear     84
//   Tanh       84
//   Linear     10
//   61706 parameters
