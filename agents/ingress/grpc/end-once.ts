// Owns that nothing is written to a stream whose end has begun. The library ends one by itself for a frame that it cannot read, and does not tell its handler
// before the end is out; an answer written between would tear the stream down without its status, and its client would wait for ever.
import { ServerInterceptingCall, type ServerInterceptingCallInterface, type ServerInterceptor } from "@grpc/grpc-js";

/** Of calls at `path`. First among interceptors: it needs the library's own call. */
export const endOnce = (path: string): ServerInterceptor => (method, call) => (method.path === path ? guarded(call) : (call as ServerInterceptingCall));

export function guarded(call: ServerInterceptingCallInterface): ServerInterceptingCall {
  let isEnding = false;
  const end = call.sendStatus.bind(call);
  // The library's own ends go by the same method.
  call.sendStatus = (status) => {
    isEnding = true;
    end(status);
  };
  return new ServerInterceptingCall(call, { sendMessage: (message, send) => { if (!isEnding) send(message); } });
}
