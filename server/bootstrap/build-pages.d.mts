export function buildPages(root: string, runNext: (env: Record<string, string>) => Promise<unknown>): Promise<void>;
