// Owns taking secrets out of text that is logged: whatever a message was made of, a log line holds no token and no key.

const REMOVED = "[secret]";
const PATTERNS: [RegExp, string][] = [
  [/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?(-----END \1-----|$)/g, REMOVED],
  // Join tokens, console tokens and ingress keys.
  [/\bcp[jk]?_[A-Za-z0-9_-]{8,}/g, REMOVED],
  [/\b(authorization|cookie|x-api-key)(["']?\s*[:=]\s*["']?)(?:(?:bearer|basic)\s+)?[^\s"',;]+/gi, `$1$2${REMOVED}`],
  [/\b(bearer|basic)\s+[A-Za-z0-9+/_.=-]{8,}/gi, `$1 ${REMOVED}`],
  // Of a URL with a user and password, as a proxy's may have.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${REMOVED}@`],
];

export function redactSecrets(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}
