// Owns what may be added to the line that installs an agent; the script's --help has the whole list. Pure.
export const INSTALL_OPTIONS = [
  { flag: "--advertise", title: "Other nodes reach it at", placeholder: "host or host:port, if not its own address" },
  { flag: "--max-memory", title: "Memory for stages, at most", placeholder: "bytes, e.g. 2000000000" },
  { flag: "--data", title: "Folder for its identity and cache", placeholder: "data/ beside the program" },
] as const;
export type InstallOptions = { foreground: boolean } & Partial<Record<(typeof INSTALL_OPTIONS)[number]["flag"], string>>;

/** The line with the options behind it. Values are quoted for a POSIX shell. */
export function withOptions(command: string, options: InstallOptions): string {
  const values = INSTALL_OPTIONS.flatMap(({ flag }) => { const value = options[flag]?.trim(); return value ? [`${flag} ${quoted(value)}`] : []; });
  return [command, ...values, ...(options.foreground ? ["--foreground"] : [])].join(" ");
}

/** Stops the agent on the machine and removes all of it. */
export function uninstallLine(consoleUrl: string, keyPin: string | null): string {
  // The console's certificate is its own: curl knows it by its key.
  return `${keyPin === null ? "curl -fsS" : `curl -fsSk --pinnedpubkey '${keyPin}'`} ${consoleUrl}/install.sh | sh -s -- --uninstall`;
}

const quoted = (text: string): string => (/^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
