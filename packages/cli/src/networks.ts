/** The networks that have a name on the command line. */
import type { nn } from 'striate'
import { misused } from './misuse.ts'

export interface NamedNetwork {
  readonly name: string
  readonly summary: string
  readonly source: string
  /** The shape of one input, without the batch. */
  readonly input: readonly number[]
  /** What takes bytes of ink to the inputs of the network: `x · scale + shift`. */
  readonly ink: { readonly scale: number; readonly shift: number }
  readonly build: () => Promise<nn.Layer>
}

const networks: readonly NamedNetwork[] = [
  {
    name: 'lenet5',
    summary: 'LeNet-5: digits, two convolutions and three linear layers',
    source:
      'LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", 1998',
    input: [1, 28, 28],
    // Mean 0 and deviation 1 over the training pictures of MNIST, whose ink has 0.1307 and 0.3081 of 1.
    ink: { scale: 1 / (255 * 0.3081), shift: -0.1307 / 0.3081 },
    build: async () => (await import('striate')).lenet5(),
  },
]

export const networkNames: readonly string[] = networks.map(({ name }) => name)
export const allNetworks: readonly NamedNetwork[] = networks

/** The network of a name. Throws for others, with the nearest. */
export async function findNetwork(op: string, name: string): Promise<NamedNetwork> {
  const found = networks.find((network) => network.name === name)
  if (found !== undefined) return found
  if (/\.(safetensors|onnx|npy|npz|h5|keras|pt|pth)$/i.test(name)) {
    return misused({
      op,
      subject: '<model>',
      needs: `must be the name of a network (${networkNames.join(', ')})`,
      got: `the file '${name}'`,
      hint: 'a file of weights says nothing of the layers around them',
    })
  }
  return misused({ op, subject: '<model>', known: networkNames, word: name })
}
