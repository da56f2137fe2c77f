// Turns the output of a failed set-up command into a sentence about this machine.

/** First match wins. */
const CAUSES = [
  [/ENOSPC|no space left on device/i, "The disk is full. Free some space (about 3 GB are needed) and try again."],
  [/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|network (request|timeout|aborted)|fetch failed/i, "The package registry can't be reached. Check the network, a proxy (npm config get proxy) or the registry (npm config get registry), and try again."],
  [/E401|E403|Forbidden|Unauthorized/, "The package registry refused the request. Check the registry and its credentials (npm config get registry)."],
  [/E404|ETARGET|No matching version/, "The package registry lacks a package or version this needs. Check which registry is used (npm config get registry)."],
  [/EINTEGRITY/, "A downloaded package is damaged. Run `npm cache clean --force` and try again."],
  [/EACCES|EPERM|permission denied/i, "A file or folder may not be written by this user. Check who owns this folder and npm's cache."],
  [/EBADENGINE|Unsupported engine/, "This version of Node.js does not fit. Node.js 20.19 or newer is needed."],
  [/heap out of memory|Cannot allocate memory|ENOMEM|SIGKILL/i, "The machine ran out of memory. About 2 GB must be free."],
];

/** @returns Error whose message is meant for people */
export function explainFailure(commandLine, code, output) {
  const cause = CAUSES.find(([pattern]) => pattern.test(`${output} ${code}`))?.[1];
  const last = output.trim().split("\n").slice(-12).join("\n");
  return new Error(`\`${commandLine}\` failed (${code}).${cause ? ` ${cause}` : ""}\n${last}`);
}
