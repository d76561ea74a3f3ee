/** The operators that can be explained, in every spelling that is in use. */
import { misused } from '../misuse.ts'

export interface Operator {
  readonly name: string
  readonly rank: number
  readonly transposed: boolean
}

const operators: readonly Operator[] = [1, 2, 3].flatMap((rank) => [
  { name: `conv${rank}d`, rank, transposed: false },
  { name: `convTranspose${rank}d`, rank, transposed: true },
])

export const operatorNames: readonly string[] = operators.map(({ name }) => name)

const plain = (word: string): string => word.toLowerCase().replaceAll(/[-_]/g, '')

/** The operator of a word: `conv2d`, `convTranspose2d`, `conv-transpose2d`, `conv_transpose2d`. */
export async function findOperator(word: string): Promise<Operator> {
  const found = operators.find(({ name }) => plain(name) === plain(word))
  return found ?? misused({ op: 'explain', subject: '<operator>', known: operatorNames, word })
}
