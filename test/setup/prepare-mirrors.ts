/** Makes what the machines of the tests download: a package index with vLLM, a hub with the weights. Once, in some minutes. */
import { engineIndex } from '../engine/engine-index.js'
import { hubTree } from '../engine/hub-tree.js'

export default async function prepare(): Promise<void> {
  if (process.env['LABOS_TEST_NO_HOSTS'] !== '') return
  await Promise.all([engineIndex(), hubTree()])
}
