// Owns how a gRPC call can end: the sixteen failures by number, and what is made of an answer that bears none.
// https://grpc.github.io/grpc/core/md_doc_statuscodes.html, …/md_doc_http-grpc-status-mapping.html

const NAMES = ["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"];

/** `told` = the value of `grpc-status`. A number that is none of gRPC's is an unknown failure, as the specification has it. */
export function statusName(told: string): string {
  return (/^\d{1,2}$/.test(told) ? NAMES[Number(told)] : undefined) ?? "UNKNOWN";
}

/** Of an answer without `grpc-status`: most often a proxy's, or of a server that speaks no gRPC. */
export function statusOfHttp(status: number): string {
  const names: Record<number, string> = { 400: "INTERNAL", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "UNIMPLEMENTED", 429: "UNAVAILABLE", 502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "UNAVAILABLE" };
  return names[status] ?? "UNKNOWN";
}

/** Of a stream that was reset (RFC 9113, 7). */
export function statusOfReset(code: number): string {
  const names: Record<number, string> = { 7: "UNAVAILABLE", 8: "CANCELLED", 11: "RESOURCE_EXHAUSTED", 12: "PERMISSION_DENIED" };
  return names[code] ?? "INTERNAL";
}

/** `grpc-message` is percent-encoded UTF-8; what is not is shown as it came. */
export function readMessage(told: string): string {
  try {
    return decodeURIComponent(told);
  } catch {
    return told;
  }
}
