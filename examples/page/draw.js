// Pictures of numbers: cells as pixels, and a line of losses.

/** Shades of grey for values from 0 to 1. */
export const grey = (value) => {
  const shade = Math.round(255 * Math.min(Math.max(value, 0), 1))
  return [shade, shade, shade]
}

/** From blue over white to orange for values from −most to most. */
export const signed = (most) => (value) => {
  const strength = most === 0 ? 0 : Math.abs(value) / most
  const end = value < 0 ? [33, 102, 172] : [178, 71, 15]
  return end.map((channel) => Math.round(255 + strength * (channel - 255)))
}

/** A pixel for each cell of a square canvas. */
export function drawCells(canvas, values, color) {
  const image = new ImageData(canvas.width, canvas.height)
  for (const [i, value] of values.entries()) image.data.set([...color(value), 255], 4 * i)
  canvas.getContext('2d').putImageData(image, 0, 0)
}

/** A line of losses over the steps that there will be, on a scale from 0 to the largest. */
export function drawLoss(canvas, { values, steps }) {
  const scale = window.devicePixelRatio
  const { clientWidth: width, clientHeight: height } = canvas
  canvas.width = width * scale
  canvas.height = height * scale
  const context = canvas.getContext('2d')
  context.scale(scale, scale)
  const { color, borderTopColor, fontFamily } = getComputedStyle(canvas)
  const top = Math.max(2.5, ...values)
  const margin = 36
  const x = (step) => margin + (step / (steps - 1)) * (width - margin - 12)
  const y = (loss) => height - 28 - (loss / top) * (height - 44)

  context.strokeStyle = borderTopColor
  context.fillStyle = getComputedStyle(canvas.parentElement).color
  context.font = `12px ${fontFamily}`
  context.textBaseline = 'middle'
  for (const loss of [0, 1, 2]) {
    context.beginPath()
    context.moveTo(margin, y(loss))
    context.lineTo(width - 12, y(loss))
    context.stroke()
    context.fillText(loss, 16, y(loss))
  }
  context.fillText(`loss over ${steps} steps`, margin, height - 12)

  context.strokeStyle = color
  context.lineWidth = 2.5
  context.lineJoin = 'round'
  context.beginPath()
  for (const [step, loss] of values.entries()) context.lineTo(x(step), y(loss))
  context.stroke()
}
