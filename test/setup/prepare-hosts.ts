/**
 * Prepares this computer for tests on real hosts: packages, the hosts' disk image. Where there can be none the tests get
 * the reason, and are skipped with it; with LABOS_TEST_HOSTS=required the run fails instead.
 */
import { makeImage } from '../hosts/image.js'
import { sweepDead } from '../hosts/region.js'
import { installPackages, whyNoHosts } from '../hosts/support.js'

export default async function prepare(): Promise<() => Promise<void>> {
  await installPackages(say)
  const reason = await whyNoHosts()
  process.env['LABOS_TEST_NO_HOSTS'] = reason ?? ''
  if (reason !== undefined) {
    if (process.env['LABOS_TEST_HOSTS'] === 'required') throw new Error(`tests on real hosts are required: ${reason}`)
    say(`no tests on real hosts: ${reason}`)
    return () => Promise.resolve()
  }
  await sweepDead()
  await makeImage(say)
  return sweepDead
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)
