// Every convolution and transposed convolution of the table oracle/conv: results and gradients by PyTorch, in float64.
import { convolutionsFirst, convolutionsLast } from '../support/suites/index.ts'
import { testSuite } from '../support/suites/node.ts'

await testSuite(convolutionsFirst)
await testSuite(convolutionsLast)
