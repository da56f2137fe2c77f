export const NEEDED_BYTES: number;
export function explainFailure(commandLine: string, code: number | string | null, output: string): Error;
export function explainMissing(program: string, error: NodeJS.ErrnoException): Error;
export function explainSpace(folder: string, freeBytes: number): string | null;
