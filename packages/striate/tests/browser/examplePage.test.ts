// The page in examples/ in Chromium: it works from a plain <script type="module">, alone and without errors.
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { conv2d, drawDigits, reshape, sobelKernel, tensor } from 'striate'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { builtFolder } from '../support/browser/bundle.ts'
import { findChromium, launchChromium, noChromium } from '../support/browser/chromium.ts'
import { serve, type WebServer } from '../support/browser/server.ts'
import { repository } from '../support/docs/fences.ts'

const chromium = findChromium()

let browser: Browser
let server: WebServer
let page: Page
/** What went wrong on the page, and what it asked for elsewhere. */
let complaints: string[] = []

beforeAll(async () => {
  if (chromium === null) return
  const folders = {
    '/examples/': join(repository, 'examples'),
    '/packages/striate/dist/': builtFolder,
  }
  server = await serve({ folders })
  browser = await launchChromium(chromium)
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

beforeEach(({ skip }) => skip(chromium === null, noChromium))
afterEach(async () => {
  await page?.close()
  expect(complaints).toEqual([])
})

async function open(width: number): Promise<void> {
  complaints = []
  page = await browser.newPage({ viewport: { width, height: 800 } })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('request', (request) => {
    if (!/^(data:|blob:)/.test(request.url()) && !request.url().startsWith(server.origin))
      complaints.push(`asks for ${request.url()}`)
  })
  await page.goto(`${server.origin}/examples/page/index.html`)
  await page.getByText('Ready.').waitFor()
}

/** `y[0, 10, 9] = … = 2.5. The engine computed 2.5.` */
const sentence = /^y\[0, (\d+), (\d+)\] = (?:.* = )?(\S+)\. The engine computed (\S+)\.$/

async function cellShown(): Promise<{ place: number[]; explained: number; computed: number }> {
  const text = (await page.locator('#sum').textContent())!
  const found = sentence.exec(text)
  if (!found) throw new Error(`unexpected words: ${text}`)
  const [row, column, explained, computed] = found
    .slice(1)
    .map((each) => Number(each.replace('−', '-'))) as [number, number, number, number]
  return { place: [row, column], explained, computed }
}

describe('the page in examples/', () => {
  it('shows a digit through Sobel, with the same number in the middle as the library in Node', async () => {
    await open(1200)
    await page.getByLabel('Row').fill('14')
    await page.getByLabel('Column').fill('13')
    const { images, labels } = drawDigits({ count: 10, seed: 3 })
    const five = images.slice(784 * labels.indexOf(5), 784 * (labels.indexOf(5) + 1))
    const x = tensor(
      Float32Array.from(five, (value) => value / 255),
      [1, 1, 28, 28],
    )
    const kernel = reshape(sobelKernel({ axis: 1 }), [1, 1, 3, 3])
    const y = await conv2d(x, kernel, { padding: 1 }).data()
    const { place, explained, computed } = await cellShown()
    expect(place).toEqual([14, 13])
    expect(y[14 * 28 + 13]).not.toBe(0)
    expect(computed).toBeCloseTo(y[14 * 28 + 13]!, 1)
    expect(explained).toBe(computed)
  })

  it('explains cells of every digit and kernel as the engine computes them', async () => {
    await open(1200)
    const names = await page
      .getByRole('combobox', { name: 'Kernel' })
      .locator('option')
      .allInnerTexts()
    expect(names.length).toBeGreaterThan(5)
    for (const [i, name] of names.entries()) {
      await page.getByRole('combobox', { name: 'Kernel' }).selectOption(name)
      await page.getByRole('combobox', { name: 'Digit' }).selectOption(String(i))
      const { width, height } = (await page.locator('#output').boundingBox())!
      const position = { x: (width * 14.5) / 28, y: (height * 3.5) / 28 }
      await page.locator('#output').click({ position })
      const { place, explained, computed } = await cellShown()
      expect(place).toEqual([3, 14])
      expect(explained, name).toBe(computed)
    }
  })

  it('shows the padding at a corner', async () => {
    await open(1200)
    await page.getByLabel('Row').fill('0')
    await page.getByLabel('Column').fill('27')
    const cells = await page.getByRole('table', { name: 'The nine products' }).locator('td').all()
    const texts = await Promise.all(cells.map((cell) => cell.textContent()))
    expect(texts.map((text) => text === 'padding')).toEqual(
      [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => i < 3 || i % 3 === 2),
    )
  })

  it('trains a network that then reads digits', async () => {
    await open(1200)
    const button = page.getByRole('button', { name: 'Train' })
    await button.click()
    const result = page.getByText(/The network reads \d+ of 200 digits/)
    await result.waitFor({ timeout: 100_000 })
    const right = Number(/\d+/.exec((await result.textContent())!))
    expect(right).toBeGreaterThan(150)
    const last = (await page.locator('#progress').textContent())!
    expect(last).toMatch(/^step 60 of 60, loss \d\.\d\d$/)
    expect(Number(last.slice(-4))).toBeLessThan(1)
    await expect.poll(() => page.locator('#answers li').count()).toBe(10)
    await expect.poll(() => button.isEnabled()).toBe(true)
  })

  it.each([1200, 400])('fits a window %i pixels wide', async (width) => {
    await open(width)
    const needed = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(needed).toBe(width)
  })
})
