/** The gradient of the largest of each window goes where it lay. */
import { apply } from '../../tensor/build.ts'
import type { Gradient } from '../../tensor/operator.ts'
import { sizeOf } from '../../tensor/shape.ts'
import { scatterElements } from '../gather.ts'
import { aroundPlane, type WindowMaxAttributes, windowArgmax } from '../primitive/windowMax.ts'
import { reshape } from '../reshape.ts'

export const windowMaxGradient: Gradient<WindowMaxAttributes> = ({
  inputs: [x],
  upstream,
  attributes,
}) => {
  const { outer, inner } = aroundPlane(x!, attributes)
  const plane = sizeOf(attributes.maps.map((map) => map.inputSize))
  const cells = sizeOf(attributes.maps.map((map) => map.outputSize))
  const where = reshape(apply(windowArgmax, [x!], attributes), [outer, cells, inner])
  const flat = reshape(upstream, [outer, cells, inner])
  const scattered = apply(scatterElements, [flat, where], { axis: 1, size: plane })
  return [reshape(scattered, x!.shape)]
}
