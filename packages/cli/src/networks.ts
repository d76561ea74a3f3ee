/** The networks that have a name on the command line. */
import { models, nearest } from 'striate'
import { misused } from './misuse.ts'
import type { Ink } from './train/digitDataset.ts'

export type NamedNetwork = models.ModelEntry

/** A network that reads digits, which is what `striate train` has to show. */
export interface DigitNetwork extends NamedNetwork {
  readonly ink: Ink
}

/** What networks of digits want of ink. */
const inks: Readonly<Record<string, Ink>> = {
  // Mean 0 and deviation 1 over the training pictures of MNIST, whose ink has 0.1307 and 0.3081 of 1.
  lenet5: { scale: 1 / (255 * 0.3081), shift: -0.1307 / 0.3081 },
}

export const allNetworks: readonly NamedNetwork[] = models.table

const subject = '<model>'

/** The network of a name. Throws for others, with the nearest. */
export async function findNetwork(op: string, name: string): Promise<NamedNetwork> {
  const found = allNetworks.find((network) => network.name === name)
  if (found !== undefined) return found
  if (/\.(safetensors|onnx|npy|npz|h5|keras|pt|pth)$/i.test(name)) {
    return misused({
      op,
      subject,
      needs: 'must be the name of a network (striate models lists them)',
      got: `the file '${name}'`,
      hint: 'a file of weights says nothing of the layers around them',
    })
  }
  const known = allNetworks.map((network) => network.name)
  if (nearest(name, known) !== undefined) return misused({ op, subject, known, word: name })
  return misused({ op, subject, word: name, hint: 'striate models lists them' })
}

/** The network of a name, if it reads digits. Throws for others. */
export async function findDigitNetwork(op: string, name: string): Promise<DigitNetwork> {
  const network = await findNetwork(op, name)
  const ink = inks[network.name]
  if (ink !== undefined) return { ...network, ink }
  const needs = `must be a network of digits (${Object.keys(inks).join(', ')})`
  return misused({ op, subject, needs, got: name })
}
