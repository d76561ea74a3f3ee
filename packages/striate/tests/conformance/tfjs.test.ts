// TensorFlow.js's own operator tests, literal numbers and gradients, through this library's operators.
import { compute, setEngine, type TypedArray } from 'striate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engines } from '../support/engines.ts'
import { shared } from '../support/oracle.ts'
import { missingOperators, runCalls } from '../support/tfjsAdapter.ts'
import { type Check, type PeerTest, peerTests } from '../support/tfjsCases.ts'
import { type Exception, exceptions } from '../support/tfjsExceptions.ts'

const files = peerTests()

/** Checks of a test that look at the result of a call; the others have lost what they look at. */
const checksOf = (test: PeerTest): Check[] => test.checks.filter((each) => each.of !== null)

const exceptionOf = (file: string, { name }: PeerTest): Exception | undefined =>
  exceptions.find((each) => each.file === file && each.tests.includes(name))

/** The results that the checks of a test look at. */
async function resultsOf(test: PeerTest): Promise<TypedArray[]> {
  const results = runCalls(test.calls)
  const wanted = checksOf(test).map(({ of, key = 'value', shape }) => {
    const found = results.get(of!)![key]
    if (!found) throw new Error(`no result ${key}`)
    expect(found.shape).toEqual(shape)
    return found
  })
  await compute(wanted)
  return Promise.all(wanted.map((each) => each.data()))
}

/** One part in 100,000 of the largest, or what the digits of the literal leave open, or a rounding of float32. */
function agrees(got: TypedArray, expected: readonly (number | string)[], written: number): boolean {
  const want = expected.map(Number)
  const largest = Math.max(0, ...want.filter(Number.isFinite).map(Math.abs))
  const tolerance = 1e-5 * largest + (Number.isFinite(written) ? 2 * written : 0) + 2 ** -24
  const isNear = (value: number, i: number): boolean =>
    Object.is(got[i], value) || got[i] === value || Math.abs(got[i]! - value) <= tolerance
  return got.length === want.length && want.every(isNear)
}

async function checkAgreement(test: PeerTest): Promise<void> {
  const results = await resultsOf(test)
  for (const [i, { expected, tfjsMaxDiff }] of checksOf(test).entries()) {
    const got = results[i]!
    expect(agrees(got, expected, Number(tfjsMaxDiff)), `check ${i}: ${got} for ${expected}`).toBe(
      true,
    )
  }
}

/** An exception that has become needless fails. */
async function checkException(test: PeerTest, exception: Exception): Promise<void> {
  if ('throws' in exception) return expect(resultsOf(test)).rejects.toThrow(exception.throws)
  const results = await resultsOf(test)
  const checks = checksOf(test)
  const same = checks.map(({ expected }, i) => agrees(results[i]!, expected, 0))
  expect(same).toContain(false)
  if ('gives' in exception)
    for (const [i, want] of exception.gives.entries())
      expect(agrees(results[i]!, want, 0), `check ${i}: ${results[i]} for ${want}`).toBe(true)
}

interface Tally {
  tests: number
  checks: number
  passed: number
  passedChecks: number
  excepted: number
  unsupported: number
}

const line = (name: string, tally: Tally, names: readonly string[] = []): string => {
  const { tests, checks, passed, passedChecks, excepted, unsupported } = tally
  const notes = [
    excepted > 0 ? `${excepted} excepted` : '',
    unsupported > 0 ? `${unsupported} unsupported (${names.join(', ')})` : '',
  ].filter((note) => note !== '')
  const ratio = `${passed}/${tests} tests, ${passedChecks}/${checks} checks`
  return `  ${name.padEnd(32)} ${ratio}${notes.length > 0 ? `; ${notes.join(', ')}` : ''}`
}

const empty = (): Tally => ({
  tests: 0,
  checks: 0,
  passed: 0,
  passedChecks: 0,
  excepted: 0,
  unsupported: 0,
})

for (const engine of engines) {
  const title = `TensorFlow.js's tests on the ${engine} engine (needs STRIATE_SHARED)`
  describe.skipIf(shared === null)(title, () => {
    const tallies = new Map<string, Tally>()
    const lacking = new Map<string, readonly string[]>()

    beforeAll(() => setEngine(engine))

    afterAll(() => {
      setEngine('wasm')
      const lines = [...tallies].map(([name, tally]) => line(name, tally, lacking.get(name)))
      console.log([`TensorFlow.js's tests on the ${engine} engine`, ...lines].join('\n'))
    })

    for (const [file, tests] of files) {
      const tally = empty()
      tallies.set(file, tally)
      describe(file, () => {
        for (const test of tests) {
          const checks = checksOf(test).length
          const missing = missingOperators(test.calls)
          const exception = exceptionOf(file, test)
          tally.tests++
          tally.checks += checks
          if (missing.length > 0) {
            tally.unsupported++
            lacking.set(file, missing)
            it.skip(`${test.name}: there is no ${missing.join(', ')} here`)
          } else if (exception) {
            it(`${test.name}, excepted: ${exception.reason}`, async () => {
              await checkException(test, exception)
              tally.excepted++
            })
          } else {
            it(test.name, async () => {
              await checkAgreement(test)
              tally.passed++
              tally.passedChecks += checks
            })
          }
        }
      })
    }

    it('run all, but for the exceptions and the operators that are named', () => {
      const total = empty()
      for (const tally of tallies.values())
        for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key]
      tallies.set('all', total)
      lacking.set('all', [...new Set([...lacking.values()].flat())])
      expect(total).toEqual({
        tests: 480,
        checks: 554,
        passed: 436,
        passedChecks: 504,
        excepted: 31,
        unsupported: 13,
      })
      expect(lacking.get('all')).toEqual(['dilation2d'])
    })
  })
}

describe.skipIf(shared === null)('the exceptions', () => {
  it('each name tests that exist', () => {
    for (const { file, tests } of exceptions) {
      const names = new Set(files.get(file)?.map((test) => test.name))
      for (const name of tests) expect(names, `${file}: ${name}`).toContain(name)
    }
  })
})
