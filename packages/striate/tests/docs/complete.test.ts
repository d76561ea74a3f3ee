// The examples are right by their types; no operator and no function of @striate/formats is without one.
import { beforeAll, describe, expect, it } from 'vitest'
import { allFences } from '../support/docs/fences.ts'
import { type Program, programOf } from '../support/docs/program.ts'
import { type PublicFunction, publicFunctions } from '../support/docs/publicFunctions.ts'

let program: Program

beforeAll(() => {
  program = programOf(allFences())
})

/**
 * An operator (a function that the library exports out of `ops/`) is shown if its comment holds an
 * example with a value, or says with a link that it is another face of one that does: `conv2d` is
 * `conv` over two axes.
 */
function operatorsNotShown(functions: readonly PublicFunction[]): string[] {
  const operators = functions.filter(({ file }) => file.startsWith('packages/striate/src/ops/'))
  const shown = new Set(operators.filter((each) => each.hasExample).map((each) => each.name))
  return operators
    .filter(({ name, links }) => !shown.has(name) && !links.some((link) => shown.has(link)))
    .map(nameAndPlace)
}

const nameAndPlace = ({ name, place }: PublicFunction): string => `${name} (${place})`

describe('examples', () => {
  it('are right by their types', () => {
    expect(program.objections()).toEqual([])
  })

  it('stand with every operator', () => {
    const functions = publicFunctions(program)
    expect(functions.length).toBeGreaterThan(200)
    expect(operatorsNotShown(functions)).toEqual([])
  })

  it('stand with every function of @striate/formats', () => {
    const functions = publicFunctions(program)
    const formats = functions.filter(({ file }) => file.startsWith('packages/formats/src/'))
    expect(formats.length).toBeGreaterThan(15)
    expect(formats.filter(({ hasExample }) => !hasExample).map(nameAndPlace)).toEqual([])
  })
})
