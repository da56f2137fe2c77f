// Owns the gRPC service's messages as bytes. protobufjs makes its readers and writers of the descriptor, on first use.
import protobuf from "protobufjs/light.js";
import descriptor from "./inference-service.json" with { type: "json" };

const namespace = protobuf.Root.fromJSON(descriptor as protobuf.INamespace).lookup("inference") as protobuf.Namespace;
export const SERVICE = namespace.lookupService("GRPCInferenceService");

/** What could not be read: answered as an argument that is not valid, where the library would say "internal". */
export class Malformed {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

export function decoderOf(type: string): (bytes: Buffer) => object | Malformed {
  const message = namespace.lookupType(type);
  return (bytes) => {
    try {
      return message.decode(bytes);
    } catch (error) {
      return new Malformed((error as Error).message);
    }
  };
}

/** Plain objects in the protocol's names; numbers may stand for 64-bit integers. */
export function encoderOf(type: string): (value: object) => Buffer {
  const message = namespace.lookupType(type);
  return (value) => message.encode(message.fromObject(value)).finish() as Buffer;
}

/** For hot answers whose fields already are what is written. */
export function plainEncoderOf(type: string): (value: object) => Buffer {
  const message = namespace.lookupType(type);
  return (value) => message.encode(value as protobuf.Message).finish() as Buffer;
}
