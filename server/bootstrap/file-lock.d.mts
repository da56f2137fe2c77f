/** `startTime` tells a process from a later one of the same number (Linux; "" elsewhere). `url` is null until it is published. */
export type LockHolder = { pid: number; startTime: string; url: string | null };
export type Lock = {
  /** From now on others can name this address. */
  publish(url: string): void;
  release(): void;
};
export function takeFileLock(file: string): Lock | { holder: LockHolder };
export function readFileLock(file: string): LockHolder | null;
