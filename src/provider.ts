/** The provider's program: what Pulumi's engine starts to make and remove resources. */
import { accessHandler } from '../infra/access.js'
import { machineHandler } from '../infra/machine/machine.js'
import { serve } from '../infra/provider/serve.js'
import { ec2Opener } from './adapters/aws/provider-ec2.js'
import { awsTimeoutMs } from './adapters/aws/timeout.js'
import { proxyFetch } from './adapters/fetch.js'
import { intentFile } from './adapters/intent-file.js'
import { markProcess } from './adapters/pulumi/marks.js'
import { systemClock } from './adapters/system-clock.js'

process.title = 'labos provider'
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'

// The engine starts it in the stack's folder.
const folder = process.cwd()
await markProcess(folder, 'provider')
const open = ec2Opener(proxyFetch(process.env), awsTimeoutMs(process.env))
const intents = intentFile(`${folder}/intent.json`)
await serve({
  handlers: [accessHandler(open, systemClock), machineHandler({ open, intents, time: systemClock })],
  version: '0.1.0',
  engineAddress: process.argv[2],
  // As its launcher knew it: the engine may be gone before this line.
  enginePid: Number(process.env['LABOS_ENGINE_PID']) || process.ppid,
})
// While the engine asks what the provider is; what needs it awaits it.
await import('./adapters/aws/sdk-provider.js')
