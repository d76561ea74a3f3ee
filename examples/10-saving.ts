// Weights as safetensors, under PyTorch's names: written whole or not at all, read by anything.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeSafetensors, lenet5, load, manualSeed, ones, save, sub } from 'striate'
import { show } from './show.ts'

const folder = await mkdtemp(join(tmpdir(), 'striate-'))
const path = join(folder, 'lenet5.safetensors')

manualSeed(1)
const net = lenet5()
await save(net, path)

// The file names every array; PyTorch's load_state_dict takes them as they are.
const { tensors } = decodeSafetensors(await readFile(path))
for (const [name, { shape }] of Object.entries(tensors).slice(0, 4)) console.log(name, shape)

// Another network with other weights becomes the same.
manualSeed(2)
const other = lenet5()
await load(other, path)
const x = ones([1, 1, 28, 28])
await show('difference', sub(net.forward(x), other.forward(x)))

await rm(folder, { recursive: true })

// prints:
//   0.weight [ 6, 1, 5, 5 ]
//   0.bias [ 6 ]
//   3.weight [ 16, 6, 5, 5 ]
//   3.bias [ 16 ]
//   difference: [1, 10] [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]
