// A vitest reporter: one line a file, failures in full, skips with their reasons, and the tally last.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { styleText } from 'node:util'
import { tallyLine } from './tally.mjs'

/** @typedef {import('vitest/node').Reporter} Reporter */
/** @typedef {import('vitest/node').TestCase} TestCase */
/** @typedef {import('vitest/node').TestModule} TestModule */
/** @typedef {{ name: string, errors: readonly unknown[] }} Failure */

const useColor = process.stdout.isTTY && !process.env.NO_COLOR
/** @type {(color: 'green' | 'red' | 'yellow' | 'dim', text: string) => string} */
const paint = (color, text) => (useColor ? styleText(color, text) : text)

/** @implements {Reporter} */
export default class TallyReporter {
  /** @type {import('vitest/node').Vitest | undefined} */
  #vitest

  /** @param {import('vitest/node').Vitest} vitest */
  onInit(vitest) {
    this.#vitest = vitest
  }

  /** @param {import('vitest').UserConsoleLog} log */
  onUserConsoleLog(log) {
    const stream = log.type === 'stderr' ? process.stderr : process.stdout
    stream.write(log.content)
  }

  /** @param {TestModule} module */
  onTestModuleEnd(module) {
    const { passed, failed, skipped, seconds } = summarise(module)
    const parts = [`${passed} passed`]
    if (failed > 0) parts.push(paint('red', `${failed} failed`))
    if (skipped > 0) parts.push(paint('yellow', `${skipped} skipped`))
    const sign = failed > 0 ? paint('red', '✗') : paint('green', '✓')
    const time = paint('dim', `${seconds.toFixed(1)} s`)
    print(`${sign} ${this.#path(module)}  ${parts.join(', ')}  ${time}`)
  }

  /**
   * @param {readonly TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    if (modules.length === 0) print('no test file was selected')
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      const part = summarise(module)
      tally.passed += part.passed
      tally.failed += part.failed
      tally.skipped += part.skipped
    }
    this.#printSkips(modules)
    this.#printFailures(modules, unhandledErrors)
    const file = process.env.STRIATE_TALLY_FILE
    if (file) writeFileSync(file, JSON.stringify(tally))
    else print(`\n${tallyLine(tally)}`)
  }

  /** @param {readonly TestModule[]} modules */
  #printSkips(modules) {
    /** @type {Map<string, string[]>} */
    const namesByReason = new Map()
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const reason = reasonOf(test)
        const names = namesByReason.get(reason) ?? []
        names.push(`${this.#path(module)} > ${test.fullName}`)
        namesByReason.set(reason, names)
      }
    }
    for (const [reason, names] of namesByReason) {
      print(`\n${paint('yellow', `skipped ${names.length}`)}: ${reason}`)
      for (const name of names.slice(0, 5)) print(`  ${name}`)
      if (names.length > 5) print(`  and ${names.length - 5} more`)
    }
  }

  /**
   * @param {readonly TestModule[]} modules
   * @param {readonly unknown[]} unhandledErrors
   */
  #printFailures(modules, unhandledErrors) {
    for (const module of modules) {
      for (const failure of failuresOf(module)) {
        const label = failure.name ? ` > ${failure.name}` : ''
        print(`\n${paint('red', 'FAILED')} ${this.#path(module)}${label}`)
        for (const error of failure.errors) {
          this.#vitest?.logger.printError(error, { project: module.project })
        }
      }
    }
    for (const error of unhandledErrors) {
      print(`\n${paint('red', 'FAILED')} outside any test`)
      this.#vitest?.logger.printError(error, { fullStack: true })
    }
  }

  /** @param {TestModule} module */
  #path(module) {
    return relative(this.#vitest?.config.root ?? process.cwd(), module.moduleId)
  }
}

/** @param {string} line */
const print = (line) => process.stdout.write(`${line}\n`)

/**
 * Everything that failed in a file: the file itself (it did not load), a suite's hook, a test.
 * @param {TestModule} module
 * @returns {Failure[]}
 */
function failuresOf(module) {
  /** @type {Failure[]} */
  const failures = []
  if (module.errors().length > 0) {
    failures.push({ name: '', errors: module.errors() })
  }
  for (const suite of module.children.allSuites()) {
    const errors = suite.errors()
    if (errors.length > 0) failures.push({ name: suite.fullName, errors })
  }
  for (const test of module.children.allTests('failed')) {
    const result = test.result()
    failures.push({ name: test.fullName, errors: result.errors ?? [] })
  }
  return failures
}

/**
 * @param {TestCase} test
 * @returns {string}
 */
function reasonOf(test) {
  const result = test.result()
  if (result.state === 'skipped' && result.note) return result.note
  for (let parent = test.parent; parent.type === 'suite'; parent = parent.parent) {
    if (parent.errors().length > 0) return 'a hook of their suite failed'
  }
  return test.module.errors().length > 0 ? 'a hook of their file failed' : 'marked skip or todo'
}

/** @param {TestModule} module */
function summarise(module) {
  const tests = [...module.children.allTests()]
  return {
    passed: tests.filter((test) => test.result().state === 'passed').length,
    failed: failuresOf(module).length,
    skipped: tests.filter((test) => test.result().state === 'skipped').length,
    seconds: module.diagnostic().duration / 1000,
  }
}
