import { Flags } from '@oclif/core'
import { BaseCommand, type BaseFlags } from '../cli/base-command.js'
import { given, labArg, list, listed, nameFlag } from '../cli/flags.js'
import { parseForward } from '../cli/forward-spec.js'
import { detachedText, openTunnelText } from '../cli/tunnel-screen.js'
import { watchStdin } from '../cli/watch-stdin.js'
import { chooseLab } from '../flow/choose-lab.js'
import { openDetached } from '../flow/tunnel/detached.js'
import { type OpenTunnel, tunnel } from '../flow/tunnel/tunnel.js'
import { toJson } from '../ui/json.js'

export default class Tunnel extends BaseCommand {
  static override aliases = ['port-forward']
  static override description = `Open the endpoint of a lab on a machine, until Ctrl-C, and say when the connection is lost and back.

Where the lab's keeper has it open already, that is followed. With -L further ports of the machine lead here, beside the
endpoint. A line on stdout says when all is open. --json: an event a line.`
  static override examples = [
    '<%= config.bin %> tunnel',
    '<%= config.bin %> tunnel --detach',
    '<%= config.bin %> tunnel my-lab -L 8080:3000 -L 0:6006',
    '<%= config.bin %> tunnel --once --watch-stdin --json',
  ]
  static override args = { lab: labArg }
  static override flags = {
    name: nameFlag,
    port: Flags.integer({
      char: 'p',
      min: 0,
      max: 65_535,
      env: 'LABOS_TUNNEL_PORT', // LABOS_PORT is of labs that are made
      description: "Another loopback port for the endpoint, this time. Default: the lab's; 0: any free one.",
    }),
    forward: Flags.string({
      char: 'L',
      ...list,
      env: 'LABOS_FORWARD',
      description: 'Lead a port of the machine here: LOCAL:REMOTE, or one number for both; LOCAL 0: any free one.',
    }),
    once: Flags.boolean({ env: 'LABOS_ONCE', description: 'End (exit 8) when the connection is lost.' }),
    'watch-stdin': Flags.boolean({
      env: 'LABOS_WATCH_STDIN',
      description: 'End when stdin is closed: with the editor or the job that started it.',
    }),
    detach: Flags.boolean({
      char: 'd',
      env: 'LABOS_DETACH',
      description: 'Open the endpoint in the background again, and leave.',
      exclusive: ['port', 'forward', 'once', 'watch-stdin'],
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Tunnel)
    const forwards = listed(flags.forward).map(parseForward)
    const signal = this.signal()
    const context = await this.context(flags, true)
    const name = await chooseLab(args.lab ?? flags.name, context)
    if (flags.detach) {
      this.render(await openDetached(name, context, signal), flags, detachedText, true)
      return
    }
    const over = new AbortController()
    if (flags['watch-stdin']) watchStdin(process.stdin, () => over.abort())
    const request = { name, forwards, once: flags.once, ...given({ port: flags.port }) }
    const until = AbortSignal.any([signal, over.signal])
    const open = await tunnel(request, context, (now) => this.#say(now, flags), until)
    process.stdin.pause()
    this.render(open, flags, () => '', true)
  }

  #say(open: OpenTunnel, { json }: BaseFlags): void {
    process.stdout.write(`${json ? toJson({ type: 'open', ...open }) : openTunnelText(open)}\n`)
  }
}
