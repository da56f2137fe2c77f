// Owns the lines a person pastes on a new machine.
import type { ConsoleInfo } from "../deps.ts";

/** `command` installs the agent from the console; `agentCommand` runs one from a checkout. */
export function joinCommands(info: ConsoleInfo, token: string, nodeName?: string): { command: string; agentCommand: string } {
  const name = nodeName === undefined ? "" : ` --name ${shellQuote(nodeName)}`;
  // The console's certificate is its own: the token's fingerprint is what the node trusts it by, so curl need not.
  const curl = info.secure ? "curl -fsSk" : "curl -fsS";
  return {
    command: `${curl} ${info.consoleUrl}/install.sh | sh -s -- --token ${token}${name}`,
    agentCommand: `npm run agent -- --console ${info.consoleUrl} --token ${token}${name}`,
  };
}

function shellQuote(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
