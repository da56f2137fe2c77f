// Owns writing files into a tar stream that depends on their names and bytes alone: no times, owners or modes of this machine.
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";

/** In the order given. The stream fails when a file cannot be read. */
export function writeTar(files: readonly { name: string; path: string }[]): Readable {
  const archive = pack();
  const write = async () => {
    for (const { name, path } of files) {
      const { size } = await stat(path);
      const mode = name.endsWith(".node") || /\.(so|dylib)/.test(name) ? 0o755 : 0o644;
      await pipeline(createReadStream(path), archive.entry({ name, size, mode, mtime: new Date(0), uid: 0, gid: 0 }));
    }
    archive.finalize();
  };
  write().catch((error: Error) => archive.destroy(error));
  return Readable.from(archive as AsyncIterable<Buffer>);
}
