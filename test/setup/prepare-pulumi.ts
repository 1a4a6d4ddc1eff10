/** Finds or builds Pulumi's command line tool for the tests that run it; its path goes to them by the environment. */
import { pulumiCli } from '../pulumi/pulumi.js'

export default async function prepare(): Promise<void> {
  process.env['LABOS_TEST_PULUMI'] = await pulumiCli()
}
