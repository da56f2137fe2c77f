// Owns which file of /dev/shm a region's key means. POSIX: a key is "/name" and holds no other slash (shm_open(3)); the slash may be left out, as there.

/** The longest name of a file. */
const MAX_NAME_BYTES = 255;

/** Null = it is no key: anything that could lead elsewhere, or to the folder itself. */
export function regionFile(key: string): string | null {
  const name = key.startsWith("/") ? key.slice(1) : key;
  if (name === "" || name === "." || name === ".." || /[/\0]/.test(name) || Buffer.byteLength(name) > MAX_NAME_BYTES) return null;
  return name;
}
