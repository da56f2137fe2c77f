// Decides as whom PostgreSQL runs: it refuses to run as root. Owns no process and no file.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** How to start a PostgreSQL program. `owner` is who must own the data directory, null = whoever we are. */
export type PostgresAccount = {
  how: "same user" | "user namespace" | "capabilities" | "other user";
  owner: { uid: number; gid: number } | null;
  wrap(command: string, args: string[]): { command: string; args: string[]; uid?: number; gid?: number };
};

const PROBE_TIMEOUT_MS = 5_000;
/** Accounts that exist nearly everywhere, by preference. initdb looks its own user up in the password file, so that a bare number does not do. */
const PREFERRED_USERS = ["postgres", "nobody", "daemon"];

/**
 * Not root: as we are. Root, in this order: a user namespace where we only look like somebody else (files stay ours, 0700 folders stay reachable);
 * another user with the one capability to pass 0700 folders (containers that forbid namespaces); another user, which needs folders it can enter.
 */
export function choosePostgresAccount(): PostgresAccount {
  if (process.getuid?.() !== 0) return { how: "same user", owner: null, wrap: (command, args) => ({ command, args }) };
  const user = unprivilegedUser();
  const inNamespace = ["--user", `--map-user=${user.uid}`, `--map-group=${user.gid}`, "--"];
  if (succeeds("unshare", [...inNamespace, "true"]))
    return { how: "user namespace", owner: { uid: 0, gid: 0 }, wrap: (command, args) => ({ command: "unshare", args: [...inNamespace, command, ...args] }) };
  // PostgreSQL asks access() about its own program, which forgets capabilities at another real user unless told not to.
  const asUser = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  if (succeeds("setpriv", [...asUser, "true"]))
    return { how: "capabilities", owner: user, wrap: (command, args) => ({ command: "setpriv", args: [...asUser, command, ...args] }) };
  return { how: "other user", owner: user, wrap: (command, args) => ({ command, args, ...user }) };
}

function succeeds(command: string, args: string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore", timeout: PROBE_TIMEOUT_MS }).status === 0;
}

function unprivilegedUser(): { uid: number; gid: number } {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const users = new Map(lines.map((line) => line.split(":")).map(([name = "", , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]));
  for (const name of PREFERRED_USERS) {
    const user = users.get(name);
    if (user && user.uid > 0) return user;
  }
  const anyone = [...users.values()].find((user) => user.uid > 0);
  if (!anyone) throw new Error("This machine has no account but root, and PostgreSQL refuses to run as root. Add one, or set DATABASE_URL to a PostgreSQL of your own.");
  return anyone;
}
