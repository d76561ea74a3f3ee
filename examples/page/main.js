// The page: what it shows of a convolution, and the network that it trains. All numbers are Striate's.
import {
  accuracy,
  adam,
  argmax,
  boxKernel,
  conv2d,
  crossEntropy,
  drawDigits,
  embossKernel,
  evaluate,
  explainCell,
  fit,
  fromArrays,
  gaussianKernel,
  laplacianKernel,
  manualSeed,
  nn,
  reshape,
  sequential,
  sharpenKernel,
  sobelKernel,
  tensor,
} from '../../packages/striate/dist/striate.js'
import { drawCells, drawLoss, grey, signed } from './draw.js'

const element = (id) => document.getElementById(id)
const size = 28
const pixels = size * size

const kernels = {
  'Sobel: slope to the right': sobelKernel({ axis: 1 }),
  'Sobel: slope downwards': sobelKernel({ axis: 0 }),
  Laplacian: laplacianKernel(),
  Sharpen: sharpenKernel(),
  Emboss: embossKernel(),
  'Mean of nine': boxKernel(3),
  Gaussian: gaussianKernel({ sigma: 1, size: 3 }),
}

/** Ten pictures, one of each digit. */
const drawn = drawDigits({ count: 10, seed: 3 })
const pictureOf = (set, index) => set.images.subarray(index * pixels, (index + 1) * pixels)
const digits = Array.from({ length: 10 }, (_, digit) =>
  Float32Array.from(pictureOf(drawn, drawn.labels.indexOf(digit)), (value) => value / 255),
)

const short = (value) => String(Number(value.toFixed(2))).replace('-', '−')

function fillTable(table, cells) {
  table.replaceChildren(
    ...[0, 3, 6].map((start) => {
      const row = document.createElement('tr')
      row.append(
        ...cells.slice(start, start + 3).map(({ text, color, kind = '' }) => {
          const cell = document.createElement('td')
          cell.textContent = text
          cell.className = kind
          cell.style.background = color
          return cell
        }),
      )
      return row
    }),
  )
}

const tint = (value, most) => {
  const strength = most === 0 ? 0 : Math.round((55 * Math.abs(value)) / most)
  return `color-mix(in srgb, var(--${value < 0 ? 'negative' : 'positive'}) ${strength}%, transparent)`
}

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

/** What is chosen in the first section, and the values that belong to it. */
const chosen = { x: digits[0], weight: new Float32Array(9), y: new Float32Array(pixels) }

async function showConvolution() {
  const kernel = kernels[element('kernel').value]
  const x = digits[Number(element('digit').value)]
  const image = tensor(x, [1, 1, size, size])
  const y = await conv2d(image, reshape(kernel, [1, 1, 3, 3]), { padding: 1 }).data()
  const weight = await kernel.data()
  Object.assign(chosen, { x, weight, y })
  drawCells(element('input'), x, grey)
  drawCells(element('output'), y, signed(largest(y)))
  const most = largest(weight)
  fillTable(
    element('kernel-table'),
    Array.from(weight, (value) => ({ text: short(value), color: tint(value, most) })),
  )
  showCell()
}

const place = (id) => Math.min(Math.max(Math.trunc(Number(element(id).value)), 0), size - 1)

function showCell() {
  const [row, column] = [place('row'), place('column')]
  const { x, weight, y } = chosen
  const spec = { input: [1, size, size], kernelSize: 3, padding: 1, bias: false }
  const cell = explainCell({ ...spec, x, weight }, 0, [row, column])
  mark('window', row - 1, column - 1, 3)
  mark('chosen', row, column, 1)
  const most = largest(cell.taps.map(({ product }) => product))
  fillTable(
    element('taps'),
    cell.taps.map(({ kind, x: value, w, product }) => ({
      text: kind === 'pad' ? 'padding' : `${short(value)} · ${short(w)}`,
      color: tint(product, most),
      kind: kind === 'pad' ? 'padding' : '',
    })),
  )
  const products = cell.taps.map(({ product }) => product).filter((product) => product !== 0)
  const terms = products.map((product, i) =>
    i === 0 ? short(product) : `${product < 0 ? '−' : '+'} ${short(Math.abs(product))}`,
  )
  const sum = terms.length > 0 ? `${terms.join(' ')} = ` : ''
  const computed = short(y[row * size + column])
  element('sum').textContent =
    `${cell.formula.y} = ${sum}${short(cell.y)}. The engine computed ${computed}.`
}

function mark(id, row, column, cells) {
  const { style } = element(id)
  style.setProperty('--row', row)
  style.setProperty('--column', column)
  style.setProperty('--cells', cells)
}

function chooseCell(event) {
  const box = event.currentTarget.getBoundingClientRect()
  element('row').value = Math.floor(((event.clientY - box.top) / box.height) * size)
  element('column').value = Math.floor(((event.clientX - box.left) / box.width) * size)
  showCell()
}

const dataset = ({ images, labels, count }) =>
  fromArrays(
    { x: { data: images, shape: [count, 1, size, size] }, target: labels },
    { scale: 1 / 255 },
  )

/** The losses so far, and how many steps there will be. */
const loss = { values: [], steps: 60 }

async function train() {
  const button = element('train')
  button.disabled = true
  element('answers').replaceChildren()
  element('result').textContent = ''
  manualSeed(1)
  const net = sequential(
    nn.conv2d({ inChannels: 1, outChannels: 8, kernelSize: 5, stride: 2, padding: 2 }),
    nn.relu(),
    nn.conv2d({ inChannels: 8, outChannels: 16, kernelSize: 3, stride: 2, padding: 1 }),
    nn.relu(),
    nn.flatten(),
    nn.linear(16 * 7 * 7, 10),
  )
  const epochs = 4
  loss.values = []
  await fit(net, dataset(drawDigits({ count: 600, seed: 1 })), {
    loss: crossEntropy,
    optimizer: adam({ learningRate: 0.01 }),
    epochs,
    batchSize: 40,
    onBatch: async (progress) => {
      loss.values.push(progress.loss)
      loss.steps = epochs * progress.batches
      drawLoss(element('loss'), loss)
      element('progress').textContent =
        `step ${progress.step} of ${loss.steps}, loss ${progress.loss.toFixed(2)}`
      // Lets the browser paint and answer between two steps.
      await new Promise((resolve) => setTimeout(resolve))
    },
  })
  const unseen = drawDigits({ count: 200, seed: 2 })
  const metrics = { accuracy: accuracy() }
  const result = await evaluate(net, dataset(unseen), { loss: crossEntropy, metrics })
  const right = Math.round(result.accuracy * 200)
  element('result').textContent = `The network reads ${right} of 200 digits that it never saw.`
  await showAnswers(net, unseen)
  button.disabled = false
}

async function showAnswers(net, { images, labels }) {
  const count = 10
  const x = Float32Array.from(images.subarray(0, count * pixels), (value) => value / 255)
  const output = net.forward(tensor(x, [count, 1, size, size]))
  const answers = await argmax(output, { axis: 1 }).data()
  const items = Array.from(answers, (answer, i) => {
    const item = document.createElement('li')
    const picture = document.createElement('canvas')
    picture.setAttribute('role', 'img')
    picture.setAttribute('aria-label', `A drawn ${labels[i]}`)
    picture.width = picture.height = size
    drawCells(picture, x.subarray(i * pixels, (i + 1) * pixels), grey)
    const text = document.createElement('span')
    text.className = answer === labels[i] ? '' : 'wrong'
    text.textContent = answer === labels[i] ? answer : `${answer}, not ${labels[i]}`
    item.append(picture, text)
    return item
  })
  element('answers').replaceChildren(...items)
}

const fillSelect = (id, names) =>
  element(id).replaceChildren(...names.map((name) => new Option(name, name)))

fillSelect('digit', Object.keys(digits))
fillSelect('kernel', Object.keys(kernels))
element('digit').value = '5'
element('row').value = 10
element('column').value = 9
for (const id of ['digit', 'kernel']) element(id).addEventListener('change', showConvolution)
for (const id of ['row', 'column']) element(id).addEventListener('input', showCell)
element('output').addEventListener('click', chooseCell)
element('train').addEventListener('click', train)

await showConvolution()
document.querySelector('main').hidden = false
element('status').textContent = 'Ready.'
new ResizeObserver(() => drawLoss(element('loss'), loss)).observe(element('loss'))
