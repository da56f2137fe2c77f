// Owns opening the object a key names: on Linux POSIX shared memory is a file of /dev/shm. What is opened is what was looked at: all is asked of the
// descriptor, which then stays with the region, whatever becomes of the name.
import { constants } from "node:fs";
import { type FileHandle, open, stat, statfs } from "node:fs/promises";
import { regionFile } from "./region-key.ts";

export const SHM_FOLDER = "/dev/shm";
/** statfs(2), TMPFS_MAGIC. */
const TMPFS = 0x01021994;
/** No link is followed, and nothing waits for who writes to a pipe. */
const FLAGS = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export type Opened = { handle: FileHandle; /** Of the whole object. */ bytes: number };

/** `uid`: for whom; another one's objects are not opened, for the superuser neither. A text = why not. */
export async function openRegion(key: string, uid: number, folder = SHM_FOLDER): Promise<Opened | string> {
  const file = regionFile(key);
  if (file === null) return "a key is one name, such as \"/input_data\"";
  let handle: FileHandle;
  try {
    if ((await statfs(folder)).type !== TMPFS) return `${folder} is no shared memory here`;
    handle = await open(`${folder}/${file}`, FLAGS);
  } catch (error) {
    const { code = "it cannot be opened" } = error as NodeJS.ErrnoException;
    return code === "EACCES" ? "EACCES: its owner must let the user that this agent runs as read and write it" : code;
  }
  try {
    const [found, home] = await Promise.all([handle.stat(), stat(folder)]);
    const problem = !found.isFile() || found.dev !== home.dev ? "it is no shared memory object" : found.uid !== uid ? "it belongs to another user than the client's" : null;
    if (problem === null) return { handle, bytes: found.size };
    await handle.close();
    return problem;
  } catch (error) {
    await handle.close();
    return (error as Error).message;
  }
}
