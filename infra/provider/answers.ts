/** Failures as the engine's protocol wants them. */
import grpc, { type ServiceError } from '@grpc/grpc-js'
import provider from '@pulumi/pulumi/proto/provider_pb.js'
import statuses from '@pulumi/pulumi/proto/status_pb.js'
import anys from 'google-protobuf/google/protobuf/any_pb.js'
import { Ec2Refusal } from '../ec2-calls.js'
import { Cancelled, PartialFailure } from './handler.js'
import { toStruct } from './values.js'

/** What exists in spite of the failure goes along, so that the engine keeps it in its state. */
export function failed(error: unknown): ServiceError {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof PartialFailure) return partial(message, error)
  const code = error instanceof Cancelled ? grpc.status.CANCELLED : codeOf(error)
  return { name: 'ProviderError', code, details: message, message, metadata: new grpc.Metadata() }
}

/** A refusal of EC2 is nothing the engine's state could have suffered from; a fault of ours may be. */
const codeOf = (error: unknown): grpc.status =>
  error instanceof Ec2Refusal ? grpc.status.FAILED_PRECONDITION : grpc.status.UNKNOWN

function partial(message: string, { made }: PartialFailure): ServiceError {
  const detail = new provider.ErrorResourceInitFailed()
  detail.setId(made.id)
  detail.setProperties(toStruct(made.state))
  detail.setReasonsList([message])
  const any = new anys.Any()
  any.pack(detail.serializeBinary(), 'pulumirpc.ErrorResourceInitFailed')
  const status = new statuses.Status()
  status.setCode(grpc.status.UNKNOWN)
  status.setMessage(message)
  status.addDetails(any)
  const metadata = new grpc.Metadata()
  metadata.add('grpc-status-details-bin', Buffer.from(status.serializeBinary()))
  return { name: 'ProviderError', code: grpc.status.UNKNOWN, details: message, message, metadata }
}
