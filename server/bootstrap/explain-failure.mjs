// Turns the output of a failed set-up command into a sentence about this machine.

/** First match wins. */
const CAUSES = [
  [/ENOSPC|no space left on device/i, "The disk is full. Free some space (about 2 GB are needed) and try again."],
  [/EDQUOT|disk quota exceeded/i, "This user's disk quota is used up. Free some space (about 2 GB are needed) and try again."],
  [/EROFS|read-only file system/i, "The file system is read-only. Work on a copy of this folder that may be written."],
  [/SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET)|CERT_(HAS_EXPIRED|NOT_YET_VALID)|unable to get local issuer/i, "The package registry's certificate is not trusted. Behind a proxy that inspects TLS, name its certificate in NODE_EXTRA_CA_CERTS; check the clock, too."],
  [/ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network (request|timeout|aborted)|fetch failed/i, "The package registry can't be reached. Check the network, a proxy (HTTPS_PROXY, npm config get proxy) or the registry (npm config get registry), and try again."],
  [/\bE407\b|Proxy Authentication Required/i, "The proxy demands a name and a password. Put them into HTTPS_PROXY, or into npm's configuration (npm config get proxy)."],
  [/\bE401\b|\bE403\b|ENEEDAUTH|\b40[13] (Unauthorized|Forbidden)/, "The package registry refused the request. Check the registry and its credentials (npm config get registry)."],
  [/\bE404\b|ETARGET|No matching version/, "The package registry lacks a package or version this needs. Check which registry is used (npm config get registry)."],
  [/EINTEGRITY/, "A downloaded package is damaged. Run `npm cache clean --force` and try again."],
  [/EUSAGE|can only install (packages )?(with an existing|when your) package(-lock)?\.json/i, "package.json and package-lock.json do not fit together. Take both from the repository (git checkout package.json package-lock.json), or run npm install after a change of your own."],
  [/EACCES|EPERM|permission denied/i, "A file or folder may not be written by this user. Check who owns this folder and npm's cache (npm config get cache)."],
  [/EBADENGINE|Unsupported engine/, "This version of Node.js does not fit. Node.js 20.19 or newer is needed."],
  [/heap out of memory|Cannot allocate memory|ENOMEM|SIGKILL|^137$/im, "The machine ran out of memory. About 2 GB must be free."],
  [/EMFILE|ENFILE|too many open files/i, "Too many files are open. Raise the limit (ulimit -n 4096) and try again."],
];

/** @returns Error whose message is meant for people */
export function explainFailure(commandLine, code, output) {
  const cause = CAUSES.find(([pattern]) => pattern.test(`${output}\n${code}`))?.[1];
  const last = output.trim().split("\n").slice(-12).join("\n");
  return new Error(`\`${commandLine}\` failed (${code}).${cause ? ` ${cause}` : ""}\n${last}`);
}

/** A program that is not there at all. */
export function explainMissing(program, error) {
  if (error.code !== "ENOENT") return new Error(`${program} could not be started: ${error.message}`);
  const fix = program === "npm" ? " It comes with Node.js; some distributions have it in a package of its own (apt-get install npm)." : "";
  return new Error(`${program} is not installed, or not on PATH.${fix}`);
}

/** Unpacked packages take 1.4 GB; npm's cache, perhaps on the same disk, some more. */
export const NEEDED_BYTES = 2e9;

/** The sentence when a first installation would end in a full disk; it is found out in a second instead of after minutes. Null = enough. */
export function explainSpace(folder, freeBytes) {
  if (freeBytes >= NEEDED_BYTES) return null;
  return `The disk of ${folder} has ${(freeBytes / 1e9).toFixed(1)} GB free, and the packages this needs take about ${NEEDED_BYTES / 1e9} GB. Free some, or clone to another disk.`;
}
