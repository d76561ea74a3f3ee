/** Prints tensors, for the samples beside this file. */
import type { Tensor } from 'striate'

/** The values under a name; what is not whole is rounded to two decimals. */
export async function show(name: string, value: Tensor): Promise<void> {
  const rounded = (_: string, each: unknown) =>
    typeof each === 'number' ? Number(each.toFixed(2)) : each
  const text = JSON.stringify(await value.array(), rounded).replaceAll(',', ', ')
  console.log(`${name}: [${value.shape.join(', ')}] ${text}`)
}

/** A picture in characters, from dark to bright; `[…, height, width]`, the first one of a batch. */
export async function drawPicture(name: string, picture: Tensor): Promise<void> {
  const shades = ' .:-=+*#%@'
  const [height, width] = picture.shape.slice(-2) as [number, number]
  const values = (await picture.data()).subarray(0, height * width)
  const low = Math.min(...values)
  const span = Math.max(...values) - low || 1
  const shade = (value: number): string =>
    shades[Math.round(((value - low) / span) * (shades.length - 1))]!
  console.log(name)
  for (let row = 0; row < height; row++) {
    const line = Array.from(values.subarray(row * width, (row + 1) * width), shade)
    console.log(`  ${line.join('').trimEnd()}`.trimEnd())
  }
}
