/** Makes all that the suites share and that is slow to make, before they run side by side; instant when it is there. */
import { installMoto } from '../cloud/moto.js'
import { engineIndex } from '../engine/engine-index.js'
import { hubTree } from '../engine/hub-tree.js'
import { makeImage } from '../hosts/image.js'
import { installPackages, whyNoHosts } from '../hosts/support.js'
import { pulumiCli } from '../pulumi/pulumi.js'
import prepareEngine from './prepare-engine.js'
import prepareSshd from './prepare-sshd.js'

export async function prepareAll(): Promise<void> {
  prepareSshd() // packages, too: one after the other
  await installPackages(say)
  await Promise.all([prepareEngine(), installMoto(), pulumiCli(), hosts()])
}

async function hosts(): Promise<void> {
  if ((await whyNoHosts()) !== undefined) return
  await Promise.all([makeImage(say), hubTree(), engineIndex()])
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)
