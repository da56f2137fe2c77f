// The registry over real objects of /dev/shm.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ShmObjects } from "../testdata/shm-objects.ts";
import { openRegion } from "./open-region.ts";
import { SharedRegions } from "./shared-regions.ts";

const objects = new ShmObjects();
const here = process.getuid?.() ?? 0;
const regions = new SharedRegions({ all: 4, ofOne: 3, bytesOfOne: 1000 });
const mine = regions.of("mine", here);
afterEach(async () => {
  regions.stop();
  objects.close();
  await expect.poll(() => objects.openIn(process.pid)).toEqual([]);
  expect(objects.left()).toEqual([]);
});
const onLinux = test.runIf(process.platform === "linux");
const placed = (region: string, byteSize: number, offset = 0) => ({ region, byteSize, offset });
const bytes = (...values: number[]) => new Uint8Array(values);

onLinux("a region is read and written where it lies in its object, and nowhere else", async () => {
  const object = objects.create(bytes(1, 2, 3, 4, 5, 6, 7, 8));
  await mine.register("r", { key: object.key, offset: 2, byte_size: 4 });
  expect(mine.status("")).toEqual([{ name: "r", key: object.key, offset: 2, byte_size: 4 }]);
  expect(mine.status("r")).toHaveLength(1);
  const held = mine.hold(placed("r", 3, 1));
  expect([...(await held.read())]).toEqual([4, 5, 6]);
  await held.write(bytes(40, 50));
  expect([...object.read(0, 8)]).toEqual([1, 2, 3, 40, 50, 6, 7, 8]);
  held.release();
  held.release();
  expect(() => mine.hold(placed("r", 1, 4))).toThrow("Invalid offset for shared memory region: 'r'");
  expect(() => mine.hold(placed("r", 4, 1))).toThrow("Invalid offset + byte size for shared memory region: 'r'");
  expect(() => mine.hold(placed("r", Number.MAX_SAFE_INTEGER, 1))).toThrow("Invalid offset + byte size for shared memory region: 'r'");
  expect(() => mine.hold(placed("q", 1))).toThrow("Unable to find shared memory region: 'q'");
  expect(() => mine.status("q")).toThrow("Unable to find system shared memory region: 'q'");
});

onLinux("names are each client's own; a taken one, also while it is being opened, is refused", async () => {
  const [one, other] = [objects.create(8), objects.create(8)];
  const [first, second] = await Promise.allSettled([mine.register("r", { key: one.key, byte_size: 8 }), mine.register("r", { key: other.key, byte_size: 8 })]);
  expect([first.status, second.status === "rejected" && second.reason.message]).toEqual(["fulfilled", "shared memory region 'r' already in manager"]);
  const theirs = regions.of("theirs", here);
  expect(theirs.status("")).toEqual([]);
  expect(() => theirs.hold(placed("r", 1))).toThrow("Unable to find");
  await theirs.register("r", { key: other.key, byte_size: 8 });
  theirs.unregister("");
  expect(mine.status("").map(({ key }) => key)).toEqual([one.key]);
  mine.unregister("q");
  mine.unregister("r");
  expect([mine.status(""), regions.count]).toEqual([[], 0]);
});

onLinux("what is held outlives its registration and its name; the descriptor is closed with the last use", async () => {
  const object = objects.create(bytes(1, 2));
  await mine.register("r", { key: object.key, byte_size: 2 });
  const held = mine.hold(placed("r", 2));
  object.replace(bytes(9, 9));
  expect([...(await held.read())]).toEqual([1, 2]);
  mine.unregister("");
  object.unlink();
  expect([...(await held.read())]).toEqual([1, 2]);
  expect(objects.openIn(process.pid)).toHaveLength(1);
  held.release();
  await expect.poll(() => objects.openIn(process.pid)).toEqual([]);
});

onLinux("an object that was cut is an answer: nothing is made up, and it is not made longer again", async () => {
  const object = objects.create(16);
  await mine.register("r", { key: object.key, offset: 4, byte_size: 12 });
  const held = mine.hold(placed("r", 8));
  object.truncate(6);
  await expect(held.read()).rejects.toThrow(/^shared memory region 'r' is 12 bytes from 4, and its object '.*' has been cut to 6/);
  await expect(held.write(bytes(1, 2, 3, 4))).rejects.toThrow(/has been cut to 6/);
  expect(object.read(0, 99)).toHaveLength(6);
  await held.write(bytes(7, 8));
  expect([...object.read(4, 2)]).toEqual([7, 8]);
  held.release();
});

onLinux("so many regions and bytes are held of one client, and so many of all", async () => {
  const { key } = objects.create(600);
  const register = (client: typeof mine, name: string, byteSize = 10) => client.register(name, { key, byte_size: byteSize }).then(() => "taken", (error: Error) => error.message);
  expect(await Promise.all(["a", "b", "c", "d"].map((name) => register(mine, name)))).toEqual(["taken", "taken", "taken", "this client has registered 3 shared memory regions, more are not held: unregister what is not used"]);
  mine.unregister("a");
  expect(await register(mine, "a", 600)).toBe("taken");
  mine.unregister("b");
  expect(await register(mine, "b", 600)).toBe("this client's shared memory regions would be 1210 bytes, 1000 are allowed: unregister what is not used");
  const theirs = regions.of("theirs", here);
  expect(await Promise.all(["a", "b", "c"].map((name) => register(theirs, name)))).toEqual(["taken", "taken", expect.stringMatching(/^4 shared memory regions are registered here/)]);
});

onLinux.each<[what: string, wish: (key: string) => { key?: unknown; offset?: unknown; byte_size?: unknown }, words: RegExp]>([
  ["no key", () => ({ byte_size: 8 }), /"key" must be a text/], ["a key that is a number", () => ({ key: 7, byte_size: 8 }), /"key" must be a text/],
  ["a way", (key) => ({ key: `/..${key}`, byte_size: 8 }), /^Unable to open shared memory region: '.*': a key is one name/], ["a way up", () => ({ key: "../etc/passwd", byte_size: 8 }), /^Unable to open shared memory region/],
  ["a NUL", (key) => ({ key: `${key}\0`, byte_size: 8 }), /a key is one name/], ["nothing there", (key) => ({ key: `${key}x`, byte_size: 8 }), /^Unable to open shared memory region: '.*': ENOENT$/],
  ["more than the object has", (key) => ({ key, byte_size: 9 }), /^failed to register shared memory region 'r': invalid args: the object has 8 bytes$/], ["an offset beyond it", (key) => ({ key, offset: 8, byte_size: 1 }), /invalid args/],
  ["no size", (key) => ({ key }), /invalid args/], ["size 0", (key) => ({ key, byte_size: 0 }), /invalid args/], ["a size below 0", (key) => ({ key, byte_size: -8 }), /invalid args/],
  ["half a byte", (key) => ({ key, byte_size: 0.5 }), /invalid args/], ["an offset that is a text", (key) => ({ key, offset: "0", byte_size: 8 }), /invalid args/], ["what a number would round", (key) => ({ key, offset: 2 ** 53, byte_size: 8 }), /invalid args/],
])("%s is refused, and nothing stays open", async (_what, wish, words) => {
  const object = objects.create(8);
  await expect(mine.register("r", wish(object.key))).rejects.toThrow(words);
  await expect(mine.register("", { key: object.key, byte_size: 8 })).rejects.toThrow("'region name' is necessary to register system shared memory region");
  expect([regions.count, objects.openIn(process.pid)]).toEqual([0, []]);
});

onLinux("only a regular object of /dev/shm itself is opened, and of others' users none", async () => {
  const name = `cutplane-test-${process.pid}-strange`;
  const path = `/dev/shm/${name}`;
  const opened = async () => { const told = await openRegion(`/${name}`, here); if (typeof told !== "string") await told.handle.close(); return told; };
  symlinkSync(objects.create(8).path, path);
  expect(await opened()).toBe("ELOOP");
  rmSync(path);
  mkdirSync(path);
  expect(await opened()).toBe("EISDIR");
  rmdirSync(path);
  execFileSync("mkfifo", [path]);
  expect(await opened()).toBe("it is no shared memory object");
  const { key } = objects.create(8);
  expect(await openRegion(key, here + 1)).toBe("it belongs to another user than the client's");
  const elsewhere = mkdtempSync(join(tmpdir(), "cutplane-shm-"));
  expect(await openRegion(key, here, elsewhere)).toMatch(/is no shared memory here$|^ENOENT$/);
  rmSync(elsewhere, { recursive: true });
});
