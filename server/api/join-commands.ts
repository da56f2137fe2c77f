// Owns the lines a person pastes on a new machine.
import type { ConsoleInfo } from "../deps.ts";

/** `command` installs the agent from the console; `agentCommand` runs one from a checkout. */
export function joinCommands(info: ConsoleInfo, token: string, nodeName?: string): { command: string; agentCommand: string } {
  const name = nodeName === undefined ? "" : ` --name ${shellQuote(nodeName)}`;
  // The console's certificate is its own: curl knows it by its key, so that the script is the console's, too.
  const curl = info.keyPin === null ? "curl -fsS" : `curl -fsSk --pinnedpubkey '${info.keyPin}'`;
  return {
    command: `${curl} ${info.consoleUrl}/install.sh | sh -s -- --token ${token}${name}`,
    agentCommand: `npm run agent -- --console ${info.consoleUrl} --token ${token}${name}`,
  };
}

function shellQuote(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
