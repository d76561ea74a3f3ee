/** A network as a PyTorch program. */
import { Classes, forwardOf, pathTo, placedTwice, placeOf, stateWithin } from '../blocks.ts'
import type { Body, Operand } from '../body.ts'
import type { Description, LayerCall, Module } from '../description.ts'
import { nameValues } from '../names.ts'
import { nested, number, pythonName, quoted, tuple } from '../python/literals.ts'
import { refuse } from '../refuse.ts'
import { after, bracket, broken, call, flat, isIdentifier, type Text } from '../text.ts'
import { helperCode, helperNames } from './helpers.ts'
import { layerModule } from './layers.ts'
import { operationText, torchType } from './operations.ts'

const layout = { indent: '    ', width: 100 }

/** Names that programs use for other things. */
const reserved = [
  'torch',
  'nn',
  'load',
  'network',
  'F',
  'OrderedDict',
  'None',
  'True',
  'False',
  ...helperNames,
]

/** Training does something else than use, which a written forward would not know. */
const trains = /^(batchNorm|dropout)/

class Writer {
  readonly #name: string
  readonly #description: Description
  readonly #helpers = new Set<string>()
  readonly #classes = new Classes(reserved)
  /** Layers that stand at several places, by variables. */
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
      const variable = `shared_${this.#shared.size + 1}`
      this.#shared.set(module, variable)
      this.#sharedLines.push(`    ${broken(after(`${variable} = `, text), layout, 4)}`)
    }
    const network = this.#module(root)
    const maker = pythonName(this.#name, reserved)
    const [, ...sizes] = input.shape
    const code = [
      ...helperCode(this.#helpers),
      ...this.#classes.code,
      [
        `def ${maker}() -> nn.Module:`,
        `    """The network, for inputs [batch, ${sizes.join(', ')}]."""`,
        ...this.#sharedLines,
        `    ${broken(after('return ', network), layout, 4)}`,
      ].join('\n'),
      `def load(path: str) -> nn.Module:
    """The network in use, with weights that Striate saved as safetensors."""
    from safetensors.torch import load_file

    network = ${maker}()
    network.load_state_dict(load_file(path))
    return network.eval()`,
    ]
    const uses = (word: string): boolean => code.some((part) => part.includes(word))
    const imports = [
      ...(uses('OrderedDict(') ? ['from collections import OrderedDict', ''] : []),
      'import torch',
      ...(uses('F.') ? ['import torch.nn.functional as F'] : []),
      'from torch import nn',
    ].filter((line) => line !== 'import torch' || uses('torch.'))
    const about = `"""${this.#name} for PyTorch: the layers of a Striate network, under its names of weights."""`
    return `${[`${about}\n\n${imports.join('\n')}`, ...code].join('\n\n\n')}\n`
  }

  readonly #use = (helper: string): string => {
    this.#helpers.add(helper)
    return helper
  }

  #module(module: Module): Text {
    const variable = this.#shared.get(module)
    if (variable !== undefined) return variable
    if (module.isSequence) return sequence(this.#children(module))
    if (module.calls.length === 0) return this.#unused(module)
    if (module.recipe !== null) {
      const text = layerModule(module, this.#use)
      if (text !== null) return text
      if (trains.test(module.recipe.builder))
        refuse(placeOf(module), `${module.recipe.builder} with settings that PyTorch has not`)
    }
    return this.#block(module)
  }

  #children({ children }: Module): [name: string, text: Text][] {
    return children.map(([name, child]) => [name, this.#module(child)])
  }

  /** A layer whose output nobody reads keeps its place for its weights. */
  #unused(module: Module): Text {
    if (module.children.length === 0 && module.states.length === 0) return call('nn.Identity')
    return this.#make(this.#use('Block'), module)
  }

  #block(module: Module): Text {
    const forward = forwardOf(module, (each) => this.#forward(each))
    const base = this.#use('Block')
    const make = (name: string): string => `class ${name}(${base}):\n${forward}`
    return this.#make(this.#classes.nameOf(module.kind, forward, make), module)
  }

  #make(name: string, module: Module): Text {
    const states = (isParameter: boolean): Text => {
      const own = module.states.filter((state) => state.isParameter === isParameter)
      return bracket(
        '{',
        own.map((state) => `${quoted(state.name)}: ${tuple(state.shape)}`),
        '}',
      )
    }
    const children = this.#children(module).map(([key, text]) => after(`${quoted(key)}: `, text))
    const layers = bracket('{', children, '}')
    const hasStates = (isParameter: boolean): boolean =>
      module.states.some((state) => state.isParameter === isParameter)
    const parts = [
      ...(children.length > 0 ? [layers] : []),
      ...(hasStates(true) ? [after('parameters=', states(true))] : []),
      ...(hasStates(false) ? [after('buffers=', states(false))] : []),
    ]
    return call(name, ...parts)
  }

  #forward(layerCall: LayerCall): string {
    const { module } = layerCall
    const body: Body<LayerCall> = layerCall.body()
    const { names } = nameValues(body)
    const truths = new Set<number>()
    const word = (operand: Operand, asNumber = false): string => {
      if (operand.kind === 'value') return names.get(operand.value)!
      if (operand.kind === 'state') return stateAt(module, operand.path)
      const { values, type } = operand
      if (asNumber && values.length === 1) return number(values[0]!)
      const shape = type.shape.map((each) => (typeof each === 'number' ? each : Number.NaN))
      if (values.length > 1024 || shape.includes(Number.NaN))
        refuse(placeOf(module), `a constant of ${values.length} values`)
      return `x.new_tensor(${flat(nested(values, shape))}, dtype=${torchType(type.dtype)})`
    }
    const lines = body.steps.map((step) => {
      const takesNumbers = step.kind === 'operation' && step.name === 'elementwise'
      const inputs = step.inputs.map((operand) => word(operand, takesNumbers))
      const text =
        step.kind === 'call'
          ? call(layerAt(module, step.callee.module), ...inputs)
          : operationText(step, { inputs, truths, use: this.#use, where: placeOf(module) })
      return `        ${broken(after(`${names.get(step.result)} = `, text), layout, 8)}`
    })
    const given = body.inputs.map((_, index) => names.get(index)!)
    const needsBatch = lines.some((line) => /\bbatch\b/.test(line))
    return [
      `    def forward(self, ${given.join(', ')}):`,
      ...(needsBatch ? ['        batch = x.shape[0]'] : []),
      ...lines,
      `        return ${word(body.result)}`,
    ].join('\n')
  }
}

/** Layers in a row, by their names where these are not their numbers. */
function sequence(children: readonly (readonly [name: string, text: Text])[]): Text {
  const isNumbered = children.every(([name], index) => name === String(index))
  if (isNumbered) return call('nn.Sequential', ...children.map(([, text]) => text))
  const pairs = children.map(([name, text]) => bracket('(', [quoted(name), text], ')'))
  return bracket('nn.Sequential(OrderedDict([', pairs, ']))')
}

/** The words for the layer within another: attributes, numbers of rows, or its dotted name. */
function layerAt(module: Module, callee: Module): string {
  let words = 'self'
  let at = module
  for (const name of pathTo(module, callee)) {
    const index = at.children.findIndex(([own]) => own === name)
    if (isIdentifier(name)) words += `.${name}`
    else if (at.isSequence && name === String(index)) words += `[${name}]`
    else words += `.get_submodule(${quoted(name)})`
    at = at.children[index]![1]
  }
  return words
}

function stateAt(module: Module, path: string): string {
  const names = stateWithin(module, path)
  return names.every(isIdentifier)
    ? `self.${names.join('.')}`
    : `self.get_parameter(${quoted(names.join('.'))})`
}

/** The program of a network: classes, a function that makes it, and one that loads its weights. */
export const pytorchSource = (name: string, description: Description): string =>
  new Writer(name, description).program()
