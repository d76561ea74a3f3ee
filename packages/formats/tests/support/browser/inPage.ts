/** What a page does with files that were chosen in it: reads each, runs it, and writes one. */
import {
  decodeNpz,
  encodeKeras,
  type KerasNetwork,
  loadKeras,
  loadOnnx,
  loadTfjs,
} from '@striate/formats'
import { type Tensor, tensor } from 'striate'

/** Outputs by the name of the file. */
export type PageReport = Readonly<Record<string, number[]>>

const numbers = async (y: Tensor): Promise<number[]> => [...(await y.data())]

async function readAndRun(): Promise<PageReport> {
  const chosen = document.querySelector('input')!.files!
  const files = Object.fromEntries([...chosen].map((file) => [file.name, file]))
  const { x } = await decodeNpz(files['x.npz']!)
  const input = tensor(x!.data as Float32Array, x!.shape)
  const onnx = await loadOnnx(files['net.onnx']!)
  const keras = await loadKeras(files['net.keras']!)
  const { 'model.json': model, ...shards } = files
  const tfjs = await loadTfjs(model!, { shards })
  const written = await loadKeras(new Blob([await encodeKeras(keras)]))
  const { output } = await onnx.run({ input })
  const run = (network: KerasNetwork): Promise<number[]> => numbers(network.forward(input))
  return {
    'net.onnx': await numbers(output!),
    'net.keras': await run(keras),
    'model.json': await run(tfjs),
    'written here': await run(written),
  }
}

declare global {
  var runChosen: () => Promise<PageReport>
}

globalThis.runChosen = readAndRun
