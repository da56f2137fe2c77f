// Owns that a gRPC call can be refused as soon as its head is here: its message, which may be large, is then neither waited for nor kept.
import { type Deadline, type Metadata, ServerInterceptingCall, type ServerInterceptor, type StatusObject } from "@grpc/grpc-js";

export type CallHead = { path: string; metadata: Metadata; deadline: Deadline };
export type EarlyRefusal = Pick<StatusObject, "code" | "details"> & { metadata?: Metadata };

/** `refuse`: of the calls at `paths`; null = let it come. */
export const refuseEarly = (paths: ReadonlySet<string>, refuse: (head: CallHead) => EarlyRefusal | null): ServerInterceptor => ({ path }, call) => {
  if (!paths.has(path)) return call as ServerInterceptingCall;
  return new ServerInterceptingCall(call, {
    start: (next) => next({
      onReceiveMetadata(metadata, goOn) {
        const refusal = refuse({ path, metadata, deadline: call.getDeadline() });
        // What still comes of its message is thrown away.
        if (refusal) call.sendStatus(refusal);
        else goOn(metadata);
      },
    }),
  });
};
