// Decides as whom PostgreSQL runs: it refuses to run as root. Owns no process and no file.
import { spawnSync } from "node:child_process";
import { chownSync, readFileSync } from "node:fs";

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
 * Not root: as we are. Root: the first of these that can enter `folder` and run `program`. A user namespace where we only look like somebody else
 * (files stay ours, our own 0700 folders stay reachable); another user with the one capability to pass 0700 folders (somebody else's home; containers
 * that forbid namespaces); another user, which needs folders it can enter. `folder` must be there; the last way makes it that user's.
 * @throws Error with a plain sentence when none of them can
 */
export function choosePostgresAccount({ folder, program }: { folder: string; program: string }): PostgresAccount {
  if (process.getuid?.() !== 0) return { how: "same user", owner: null, wrap: (command, args) => ({ command, args }) };
  const user = unprivilegedUser();
  const inNamespace = ["--user", `--map-user=${user.uid}`, `--map-group=${user.gid}`, "--"];
  // PostgreSQL asks access() about its own program, which forgets capabilities at another real user unless told not to.
  const asUser = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  const ways: PostgresAccount[] = [
    { how: "user namespace", owner: { uid: 0, gid: 0 }, wrap: (command, args) => ({ command: "unshare", args: [...inNamespace, command, ...args] }) },
    { how: "capabilities", owner: user, wrap: (command, args) => ({ command: "setpriv", args: [...asUser, command, ...args] }) },
    { how: "other user", owner: user, wrap: (command, args) => ({ command, args, ...user }) },
  ];
  for (const way of ways) {
    if (way.how === "other user") chownSync(folder, user.uid, user.gid);
    if (canReach(way, folder, program)) return way;
  }
  chownSync(folder, 0, 0);
  throw new Error(`PostgreSQL refuses to run as root, and no other account can enter ${folder} and run ${program}. Run the console as an ordinary user, move it or its data (--data) out of the private folder, or set DATABASE_URL.`);
}

function canReach(way: PostgresAccount, folder: string, program: string): boolean {
  const { command, args, ...identity } = way.wrap("/bin/sh", ["-c", 'cd "$1" && test -x "$2"', "sh", folder, program]);
  // Of a folder that is forbidden to it a process would not even start.
  return spawnSync(command, args, { cwd: "/", stdio: "ignore", timeout: PROBE_TIMEOUT_MS, ...identity }).status === 0;
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
