/** The stack: inputs -> resources. Trivial on purpose: everything is decided before, and nothing in it can throw. */
import type * as pulumi from '@pulumi/pulumi'
import type { LabSpec, MachineInputs } from './spec.js'

type Inputs<T> = { readonly [Name in keyof T]: pulumi.Input<T[Name]> }

/** `spec` may still be on its way: the engine starts meanwhile. Where it fails, nothing is made. */
export function labProgram(
  { CustomResource }: Pick<typeof pulumi, 'CustomResource'>,
  spec: Promise<LabSpec>,
): () => Promise<void> {
  class Resource extends CustomResource {}
  return async () => {
    const { access, machine } = await spec
    const group = new Resource('labos:ec2:Access', 'access', { ...access })
    const inputs: Inputs<MachineInputs> = { ...machine, securityGroupId: group.id }
    new Resource('labos:ec2:Machine', 'machine', { ...inputs })
  }
}
