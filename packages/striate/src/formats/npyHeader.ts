/** The header of an .npy file: a Python dictionary of three entries, read by a grammar that can express nothing else. */
import { describe, fail } from '../errors.ts'

export interface NpyHeader {
  /** NumPy's name of the element type, such as `<f4`. */
  readonly descr: string
  readonly fortranOrder: boolean
  readonly shape: number[]
}

interface Token {
  readonly at: number
  readonly kind: 'string' | 'number' | 'boolean' | 'mark' | 'end'
  readonly text: string
}

const rankAtMost = 64
const blanks = /[ \t\n\r]*/y
const lexeme = /(?:'([^'\\]*)'|"([^"\\]*)"|(\d+)L?|(True|False)|([{}()[\],:])|$)/y

/** Reads the dictionary that lies in bytes `start` to `end`; throws naming the byte. */
export function readNpyHeader(
  op: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): NpyHeader {
  const tokens = new Tokens(op, bytes, start, end)
  const fields = new Map<string, string | boolean | number[]>()
  tokens.take('{')
  while (!tokens.taken('}')) {
    const key = tokens.next()
    if (key.kind !== 'string' || !['descr', 'fortran_order', 'shape'].includes(key.text))
      tokens.refuse(key, "must be 'descr', 'fortran_order' or 'shape'")
    if (fields.has(key.text)) tokens.refuse(key, 'must not repeat a key')
    tokens.take(':')
    if (key.text === 'descr') fields.set(key.text, readDescr(tokens))
    else if (key.text === 'shape') fields.set(key.text, readShape(tokens))
    else fields.set(key.text, readBoolean(tokens))
    if (!tokens.taken(',')) {
      tokens.take('}')
      break
    }
  }
  const rest = tokens.next()
  if (rest.kind !== 'end') tokens.refuse(rest, 'must be the end of the header')
  for (const key of ['descr', 'fortran_order', 'shape'])
    if (!fields.has(key)) tokens.refuse(rest, `must come after the key '${key}'`)
  return {
    descr: fields.get('descr') as string,
    fortranOrder: fields.get('fortran_order') as boolean,
    shape: fields.get('shape') as number[],
  }
}

function readDescr(tokens: Tokens): string {
  const token = tokens.next()
  if (token.text === '[') tokens.refuse(token, 'must name one element type, not a structure')
  if (token.kind !== 'string') tokens.refuse(token, 'must be a string')
  return token.text
}

function readBoolean(tokens: Tokens): boolean {
  const token = tokens.next()
  if (token.kind !== 'boolean') tokens.refuse(token, 'must be True or False')
  return token.text === 'True'
}

function readShape(tokens: Tokens): number[] {
  const shape: number[] = []
  tokens.take('(')
  while (!tokens.taken(')')) {
    const token = tokens.next()
    const size = Number(token.text)
    if (token.kind !== 'number' || !Number.isSafeInteger(size))
      tokens.refuse(token, 'must be a whole number below 2⁵³')
    if (shape.length === rankAtMost) tokens.refuse(token, `must be the last of ${rankAtMost} axes`)
    shape.push(size)
    if (!tokens.taken(',')) {
      tokens.take(')')
      break
    }
  }
  return shape
}

class Tokens {
  readonly #op: string
  readonly #text: string
  readonly #start: number
  #at = 0

  constructor(op: string, bytes: Uint8Array, start: number, end: number) {
    this.#op = op
    this.#start = start
    // A character a byte: names of types are ASCII, and anything else is refused where it stands.
    let text = ''
    for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!)
    this.#text = text
  }

  next(): Token {
    blanks.lastIndex = this.#at
    blanks.test(this.#text)
    this.#at = blanks.lastIndex
    lexeme.lastIndex = this.#at
    const found = lexeme.exec(this.#text)
    const at = this.#start + this.#at
    if (found === null)
      this.refuse({ at, kind: 'mark', text: this.#text[this.#at]! }, 'must be Python')
    this.#at = lexeme.lastIndex
    const [, single, double, digits, truth, mark] = found
    if (single !== undefined || double !== undefined)
      return { at, kind: 'string', text: (single ?? double)! }
    if (digits !== undefined) return { at, kind: 'number', text: digits }
    if (truth !== undefined) return { at, kind: 'boolean', text: truth }
    if (mark !== undefined) return { at, kind: 'mark', text: mark }
    return { at, kind: 'end', text: '' }
  }

  taken(mark: string): boolean {
    const before = this.#at
    const token = this.next()
    if (token.kind === 'mark' && token.text === mark) return true
    this.#at = before
    return false
  }

  take(mark: string): void {
    const token = this.next()
    if (token.kind !== 'mark' || token.text !== mark) this.refuse(token, `must be '${mark}'`)
  }

  refuse(token: Token, needs: string): never {
    const got = token.kind === 'end' ? 'the end of the header' : describe(token.text)
    fail({ op: this.#op, argument: `byte ${token.at}`, needs, got })
  }
}
