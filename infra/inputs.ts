/** Inputs as they come over the wire: checked, and typed from then on. */
import * as z from 'zod/mini'
import type { CheckFailure, Values } from './provider/handler.js'
import type { AccessInputs, MachineInputs, Rung } from './spec.js'
import { UNKNOWN } from './provider/values.js'

const text = z.string().check(z.minLength(1))
const place = {
  region: text,
  accountId: z.string().check(z.regex(/^\d{12}$/)),
  labId: text,
  tags: z.record(z.string(), z.string()),
}

export const accessInputs: z.ZodMiniType<AccessInputs> = z.object({
  ...place,
  vpcId: z.exactOptional(text),
  ingress: z.array(z.string().check(z.regex(/^[0-9.]+\/\d{1,2}$/))),
})

export const rung: z.ZodMiniType<Rung> = z.object({
  instanceType: text,
  market: z.enum(['on-demand', 'spot']),
  zone: z.exactOptional(text),
  subnetId: z.exactOptional(text),
  disk: z.object({ sizeGB: z.number(), throughputMBps: z.number() }),
})

export const machineInputs: z.ZodMiniType<MachineInputs> = z.object({
  ...place,
  securityGroupId: text,
  rungs: z.array(rung).check(z.minLength(1)),
  imageId: text,
  rootDevice: text,
  userData: z.string(),
  waitCapacityMs: z.number().check(z.minimum(0)),
})

/** What is wrong with the inputs, by property; what a preview does not know yet is not wrong. */
export function problems(schema: z.ZodMiniType, inputs: Values): CheckFailure[] {
  const parsed = schema.safeParse(inputs)
  const issues = parsed.success ? [] : parsed.error.issues
  return issues
    .map(({ path: [property], message }) => ({ property: String(property ?? ''), reason: message }))
    .filter(({ property }) => inputs[property] !== UNKNOWN)
}
