import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { leastPolicy, partitions } from '../flow/iam-policy.js'

export default class IamPolicy extends BaseCommand {
  static override description = `Print the least that labos needs of an AWS account, as an IAM policy.

Asks nobody. It reads, makes only what carries labos's tag, and changes or removes only what carries it. docs/aws.md says
what each statement is for.`
  static override examples = [
    '<%= config.bin %> iam-policy > policy.json',
    'aws iam create-policy --policy-name labos --policy-document file://policy.json',
  ]
  static override flags = {
    partition: Flags.option({ options: partitions })({
      env: 'LABOS_PARTITION',
      default: 'aws' as const,
      description: 'China and GovCloud have names of their own for what is in them.',
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(IamPolicy)
    this.render(leastPolicy(flags.partition), flags, (policy) => JSON.stringify(policy, null, 2))
  }
}
