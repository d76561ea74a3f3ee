/** A network as a TypeScript program that builds it of the library's own layers. */
import { Classes, forwardOf, pathTo, placedTwice, placeOf, stateWithin } from '../blocks.ts'
import type { Operand } from '../body.ts'
import type { Description, LayerCall, Module } from '../description.ts'
import { nameValues } from '../names.ts'
import { refuse } from '../refuse.ts'
import { after, bracket, broken, call, isIdentifier, type Text } from '../text.ts'
import { key, literal, number, quoted } from './literals.ts'
import { operationText, takesNumbers } from './operations.ts'

const words = { known: '', once: 'const ', changes: 'let ' } as const

/** Words of the language that are no names. */
const keywords = new Set(
  (
    'await break case catch class const continue debugger default delete do else enum export extends false ' +
    'finally for function if import in instanceof let new null return static super switch this throw true ' +
    'try typeof var void while with yield'
  ).split(' '),
)

const layout = { indent: '  ', width: 100 }

const base = `/** Layers and parameters by name. */
abstract class Block extends nn.Layer {
  constructor(
    layers: Readonly<Record<string, nn.Layer>>,
    parameters: Readonly<Record<string, readonly number[]>> = {},
    buffers: Readonly<Record<string, readonly number[]>> = {},
  ) {
    super()
    for (const [name, shape] of Object.entries(parameters)) this.parameter(name, zeros(shape))
    for (const [name, shape] of Object.entries(buffers)) this.buffer(name, zeros(shape))
    for (const [name, layer] of Object.entries(layers)) this.child(name, layer)
  }

  /** The layer of a dotted name inside. */
  protected layer(name: string): nn.Layer {
    const step = (at: nn.Layer, part: string): nn.Layer => new Map(at.children()).get(part)!
    return name.split('.').reduce(step, this)
  }

  /** The parameter or buffer of a dotted name. */
  protected state(name: string): nn.State {
    const all: (readonly [string, nn.State])[] = [...this.namedParameters(), ...this.namedBuffers()]
    return new Map(all).get(name)!
  }
}`

class Writer {
  readonly #name: string
  readonly #description: Description
  readonly #functions = new Set<string>()
  readonly #classes = new Classes(['Block', 'Tensor', 'Map', 'Object', 'Record', 'Readonly'])
  readonly #shared = new Map<Module, string>()
  readonly #sharedLines: string[] = []

  constructor(name: string, description: Description) {
    this.#name = name
    this.#description = description
  }

  program(): string {
    const { root, input } = this.#description
    for (const module of placedTwice(root)) {
      const text = this.#module(module)
      const variable = `shared${this.#shared.size + 1}`
      this.#shared.set(module, variable)
      this.#sharedLines.push(`  ${broken(after(`const ${variable} = `, text), layout, 2)}`)
    }
    const network = this.#module(root)
    const own = typescriptName(this.#name)
    const isTaken = own === 'nn' || own === 'zeros' || this.#functions.has(own) || keywords.has(own)
    const maker = isTaken ? `${own}Network` : own
    const [, ...sizes] = input.shape
    const hasBlocks = this.#classes.code.length > 0
    if (hasBlocks) this.#use('zeros')
    const names = [...this.#functions, 'nn', ...(hasBlocks ? ['type Tensor'] : [])]
    const bare = (name: string): string => name.replace('type ', '').toLowerCase()
    const imports = bracket(
      'import { ',
      names.sort((a, b) => (bare(a) < bare(b) ? -1 : 1)),
      " } from 'striate'",
    )
    const code = [
      ...(hasBlocks ? [base] : []),
      ...this.#classes.code,
      [
        `/** The network, for inputs [batch, ${sizes.join(', ')}]; decodeNetwork or load gives it its weights. */`,
        `export function ${maker}(): nn.Layer {`,
        ...this.#sharedLines,
        `  ${broken(after('return ', network), layout, 2)}`,
        '}',
      ].join('\n'),
    ]
    const about = `/** ${this.#name}, written of Striate's layers. */`
    return `${[`${about}\n${broken(imports, layout)}`, ...code].join('\n\n')}\n`
  }

  readonly #use = (name: string): string => {
    this.#functions.add(name)
    return name
  }

  #module(module: Module): Text {
    const variable = this.#shared.get(module)
    if (variable !== undefined) return variable
    if (module.isSequence) return this.#sequence(module)
    const { recipe } = module
    if (recipe !== null) {
      const given = recipe.arguments.map((each) => literal(each, placeOf(module)))
      return call(`nn.${recipe.builder}`, ...given)
    }
    const forward =
      module.calls.length === 0
        ? '  forward(x: Tensor): Tensor {\n    return x\n  }'
        : forwardOf(module, (each) => this.#forward(each))
    const make = (name: string): string => `class ${name} extends Block {\n${forward}\n}`
    return this.#make(this.#classes.nameOf(module.kind, forward, make), module)
  }

  #sequence({ children }: Module): Text {
    const layers = children.map(([name, child]) => [name, this.#module(child)] as const)
    return layers.every(([name], index) => name === String(index))
      ? call('nn.sequential', ...layers.map(([, text]) => text))
      : bracket(
          'nn.sequential({ ',
          layers.map(([name, text]) => after(`${key(name)}: `, text)),
          ' })',
        )
  }

  #make(name: string, module: Module): Text {
    const children = module.children.map(([own, child]) =>
      after(`${key(own)}: `, this.#module(child)),
    )
    const shapes = (isParameter: boolean): Text =>
      bracket(
        '{ ',
        module.states
          .filter((state) => state.isParameter === isParameter)
          .map((state) => `${key(state.name)}: [${state.shape.join(', ')}]`),
        ' }',
      )
    if (module.states.length === 0) return bracket(`new ${name}({ `, children, ' })')
    const hasBuffers = module.states.some(({ isParameter }) => !isParameter)
    const parts = [
      bracket('{ ', children, ' }'),
      shapes(true),
      ...(hasBuffers ? [shapes(false)] : []),
    ]
    return call(`new ${name}`, ...parts)
  }

  #forward(layerCall: LayerCall): string {
    const { module } = layerCall
    const body = layerCall.body()
    const { names, fresh } = nameValues(body)
    const where = placeOf(module)
    const word = (operand: Operand, asNumber: boolean): string => {
      if (operand.kind === 'value') return names.get(operand.value)!
      if (operand.kind === 'state')
        return `this.state(${quoted(stateWithin(module, operand.path).join('.'))})`
      if (asNumber) return number(operand.values[0]!)
      return this.#constant(operand, where)
    }
    const lines = body.steps.map((step) => {
      const inputs = step.inputs.map((operand) =>
        word(operand, step.kind === 'operation' && takesNumbers(step, operand)),
      )
      const text =
        step.kind === 'call'
          ? call(`${layerAt(module, step.callee.module)}.forward`, ...inputs)
          : operationText(step, { inputs, use: this.#use, where })
      const target = `${words[fresh.get(step.result) ?? 'known']}${names.get(step.result)} = `
      return `    ${broken(after(target, text), layout, 4)}`
    })
    const given = body.inputs.map((_, index) => `${names.get(index)!}: Tensor`)
    const needsBatch = lines.some((line) => /\bbatch\b/.test(line))
    return [
      `  forward(${given.join(', ')}): Tensor {`,
      ...(needsBatch ? ['    const batch = x.shape[0]!'] : []),
      ...lines,
      `    return ${word(body.result, false)}`,
      '  }',
    ].join('\n')
  }

  #constant(
    { values, type }: Extract<Operand, { readonly kind: 'constant' }>,
    where: string,
  ): string {
    if (values.length > 1024) refuse(where, `a constant of ${values.length} values`)
    const list = Array.from(values, (each) => number(each)).join(', ')
    const shape = type.shape.join(', ')
    const options = type.dtype === 'float32' ? '' : `, { dtype: '${type.dtype}' }`
    return `${this.#use('tensor')}([${list}], [${shape}]${options})`
  }
}

const layerAt = (module: Module, callee: Module): string =>
  `this.layer(${quoted(pathTo(module, callee).join('.'))})`

/** A name that TypeScript accepts for a function. */
function typescriptName(name: string): string {
  const camel = name.replaceAll(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) =>
    (next ?? '').toUpperCase(),
  )
  const lower = camel.slice(0, 1).toLowerCase() + camel.slice(1)
  return isIdentifier(lower) ? lower : `network${camel}`
}

/** The program of a network: classes of its own kinds of layers, and a function that builds it. */
export const typescriptSource = (name: string, description: Description): string =>
  new Writer(name, description).program()
