/** The engine's structures as plain values, and back. */
import type { JavaScriptValue, Struct as StructMessage } from 'google-protobuf/google/protobuf/struct_pb.js'
import structs from 'google-protobuf/google/protobuf/struct_pb.js'
import type { Values } from './handler.js'

/** Stands for a value that a preview does not know yet. */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9'

export const fromStruct = (struct: StructMessage | undefined): Values => struct?.toJavaScript() ?? {}

/** Absent fields are left out: the engine knows no undefined. */
export const toStruct = (values: Values): StructMessage =>
  structs.Struct.fromJavaScript(JSON.parse(JSON.stringify(values)) as Record<string, JavaScriptValue>)

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
