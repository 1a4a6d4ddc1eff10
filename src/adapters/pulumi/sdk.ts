/** Pulumi's SDK, loaded lazily. In a file of its own: it is CommonJS, and large, and the bundle requires it as one value. */
import pulumi from '@pulumi/pulumi'
import commands from '@pulumi/pulumi/automation/cmd.js'
import workspaces from '@pulumi/pulumi/automation/localWorkspace.js'
import stacks from '@pulumi/pulumi/automation/stack.js'
import semver from 'semver'

export const sdk = { commands, pulumi, semver, stacks, workspaces }
