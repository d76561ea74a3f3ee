/** Einsum: products summed over the letters that the result leaves out. */
import { matmul, permute, reshape, sum, type Tensor } from 'striate'
import { sizeOf } from '../known/arrays.ts'
import type { NodeContext } from '../operator.ts'

interface Term {
  readonly x: Tensor
  /** One letter for each axis. */
  readonly letters: string
}

/** The terms are multiplied from left to right, two at a time, each time as one batched product of matrices. */
export function einsum(node: NodeContext): Tensor {
  const equation = node.text('equation').replaceAll(' ', '')
  const [left, right] = equation.split('->') as [string, string | undefined]
  const names = left.split(',')
  const complain = (needs: string): never => node.fail(needs, `equation '${equation}'`)
  if (!/^[a-zA-Z,]*(->[a-zA-Z]*)?$/.test(equation)) complain('needs an equation of letters')
  const terms = node.inputs().map((x, i): Term => ({ x, letters: names[i] ?? '' }))
  if (names.length !== terms.length) complain(`needs ${terms.length} terms`)
  if (terms.some(({ x, letters }) => new Set(letters).size !== x.rank || letters.length !== x.rank))
    complain('needs a letter for each axis, no letter twice in a term')
  // Without a result, it is the letters that stand once, in order of the alphabet.
  const once = [...new Set(names.join(''))].filter((each) => left.split(each).length === 2)
  const result = right ?? once.sort().join('')
  if ([...result].some((letter) => !left.includes(letter)))
    complain('needs a result of known letters')
  const [first, ...rest] = terms as [Term, ...Term[]]
  let product = first
  for (const [i, next] of rest.entries()) {
    const later = rest.slice(i + 1).map(({ letters }) => letters)
    product = multiply(product, next, [...later, result].join(''))
  }
  return laid(product, result)
}

/** Sums over letters that nobody needs any more. */
function reduced({ x, letters }: Term, needed: string): Term {
  const axes = [...letters].flatMap((letter, axis) => (needed.includes(letter) ? [] : [axis]))
  if (axes.length === 0) return { x, letters }
  return {
    x: sum(x, { axes }),
    letters: [...letters].filter((letter) => needed.includes(letter)).join(''),
  }
}

/** The axes of a term in the order of `wanted`, all other letters summed over. */
function laid(term: Term, wanted: string): Tensor {
  const { x, letters } = reduced(term, wanted)
  return permute(
    x,
    [...wanted].map((letter) => letters.indexOf(letter)),
  )
}

/** Letters of both that are needed later are the batch, those of both that are not are summed over. */
function multiply(first: Term, second: Term, needed: string): Term {
  const a = reduced(first, second.letters + needed)
  const b = reduced(second, a.letters + needed)
  const pick = (letters: string, test: (letter: string) => boolean): string =>
    [...letters].filter(test).join('')
  const batch = pick(a.letters, (letter) => b.letters.includes(letter) && needed.includes(letter))
  const inner = pick(a.letters, (letter) => b.letters.includes(letter) && !needed.includes(letter))
  const rows = pick(a.letters, (letter) => !b.letters.includes(letter))
  const columns = pick(b.letters, (letter) => !a.letters.includes(letter))
  const sizes = (term: Term, letters: string): number[] =>
    [...letters].map((letter) => term.x.shape[term.letters.indexOf(letter)]!)
  const matrix = (term: Term, left: string, right: string): Tensor =>
    reshape(laid(term, batch + left + right), [
      ...sizes(term, batch),
      sizeOf(sizes(term, left)),
      sizeOf(sizes(term, right)),
    ])
  const product = matmul(matrix(a, rows, inner), matrix(b, inner, columns))
  return {
    x: reshape(product, [...sizes(a, batch), ...sizes(a, rows), ...sizes(b, columns)]),
    letters: batch + rows + columns,
  }
}
