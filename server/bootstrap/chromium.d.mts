export type Machine = {
  env: Record<string, string | undefined>;
  isRoot: boolean;
  hasApt: boolean;
  hasSudo(): boolean;
  /** Where Playwright keeps its own. */
  ownPath(): Promise<string>;
  run(program: string, args: string[]): Promise<unknown>;
};
export function findOrInstallChromium(say: (line: string) => void, machine?: Machine): Promise<string>;
