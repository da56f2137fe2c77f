// Owns the regions that clients have registered, each client's by names of its own. Words of refusals are those of Triton's shared_memory_manager.cc.
import type { FileHandle } from "node:fs/promises";
import { Refusal } from "../refusal.ts";
import { openRegion } from "./open-region.ts";
import type { Place } from "./place.ts";
import { type HeldPlace, Region, type RegionStatus } from "./region.ts";

/** Each holds a descriptor, of which a process has a thousand where nobody raised that, and connections need some. */
export type RegionLimits = { all: number; ofOne: number; bytesOfOne: number };
const LIMITS: RegionLimits = { all: 512, ofOne: 128, bytesOfOne: 16 * 2 ** 30 };
const MAX_NAME_CHARS = 1024;

type Scope = { regions: Map<string, Region>; /** Names whose objects are being opened, with their bytes. */ opening: Map<string, number> };
/** As they came. */
export type RegionWish = { key?: unknown; offset?: unknown; byte_size?: unknown };

export class SharedRegions {
  readonly #limits: RegionLimits;
  readonly #folder: string | undefined;
  readonly #scopes = new Map<string, Scope>();

  constructor(limits = LIMITS, folder?: string) {
    this.#limits = limits;
    this.#folder = folder;
  }

  /** `scope`: of one client's names. `uid`: whose objects it may register. */
  of(scope: string, uid: number): ClientRegions {
    return {
      status: (name) => this.#status(scope, name),
      register: (name, wish) => this.#register(scope, uid, name, wish),
      unregister: (name) => this.#unregister(scope, name),
      hold: (place) => {
        const region = this.#scopes.get(scope)?.regions.get(place.region);
        if (!region) throw new Refusal(404, "unknown_region", `Unable to find shared memory region: '${place.region}'`);
        return region.hold(place);
      },
    };
  }

  /** Of all clients. */
  get count(): number {
    let count = 0;
    for (const { regions, opening } of this.#scopes.values()) count += regions.size + opening.size;
    return count;
  }

  stop(): void {
    for (const scope of [...this.#scopes.keys()]) this.#unregister(scope, "");
  }

  #status(scope: string, name: string): RegionStatus[] {
    const regions = this.#scopes.get(scope)?.regions;
    if (name === "") return [...(regions?.values() ?? [])].map(({ status }) => status);
    const region = regions?.get(name);
    if (!region) throw unknownStatus(name);
    return [region.status];
  }

  async #register(scope: string, uid: number, name: string, { key, offset = 0, byte_size: byteSize }: RegionWish): Promise<void> {
    if (name === "") throw new Refusal(400, "bad_request", "'region name' is necessary to register system shared memory region");
    if (name.length > MAX_NAME_CHARS) throw new Refusal(400, "bad_request", `a region's name may have ${MAX_NAME_CHARS} characters, this one has ${name.length}`);
    if (typeof key !== "string") throw new Refusal(400, "bad_request", `failed to register shared memory region '${name}': "key" must be a text such as "/input_data"`);
    if (!isBytes(offset) || !isBytes(byteSize) || byteSize === 0) throw invalidArgs(name, "\"offset\" and \"byte_size\" must be numbers of bytes, and the size not 0");
    const mine = this.#scopeOf(scope);
    if (mine.regions.has(name) || mine.opening.has(name)) throw new Refusal(400, REGION_EXISTS, `shared memory region '${name}' already in manager`);
    this.#demandRoom(mine, byteSize);
    mine.opening.set(name, byteSize);
    let handle: FileHandle | null = null;
    try {
      const opened = await openRegion(key, uid, this.#folder);
      if (typeof opened === "string") throw new Refusal(400, "bad_request", `Unable to open shared memory region: '${key}': ${opened}`);
      handle = opened.handle;
      if (offset + byteSize > opened.bytes) throw invalidArgs(name, `the object has ${opened.bytes} bytes`);
      mine.regions.set(name, new Region({ name, key, offset, byte_size: byteSize }, handle));
      handle = null;
    } finally {
      mine.opening.delete(name);
      await handle?.close();
      this.#forgetEmpty(scope);
    }
  }

  #demandRoom({ regions, opening }: Scope, byteSize: number): void {
    const { all, ofOne, bytesOfOne } = this.#limits;
    const full = (what: string) => new Refusal(429, "region_limit", `${what}: unregister what is not used`, 1);
    if (this.count >= all) throw full(`${all} shared memory regions are registered here, more are not held`);
    if (regions.size + opening.size >= ofOne) throw full(`this client has registered ${ofOne} shared memory regions, more are not held`);
    let bytes = byteSize;
    for (const { status } of regions.values()) bytes += status.byte_size;
    for (const one of opening.values()) bytes += one;
    if (bytes > bytesOfOne) throw full(`this client's shared memory regions would be ${bytes} bytes, ${bytesOfOne} are allowed`);
  }

  /** What is not registered is no error: clients begin with this to be sure. */
  #unregister(scope: string, name: string): void {
    const regions = this.#scopes.get(scope)?.regions;
    for (const [known, region] of [...(regions ?? [])]) {
      if (name !== "" && name !== known) continue;
      regions!.delete(known);
      region.drop();
    }
    this.#forgetEmpty(scope);
  }

  #scopeOf(scope: string): Scope {
    const known = this.#scopes.get(scope) ?? { regions: new Map(), opening: new Map() };
    this.#scopes.set(scope, known);
    return known;
  }

  #forgetEmpty(scope: string): void {
    const known = this.#scopes.get(scope);
    if (known && known.regions.size + known.opening.size === 0) this.#scopes.delete(scope);
  }
}

/** Code of the refusal of a name that is taken. */
export const REGION_EXISTS = "region_exists";
export const unknownStatus = (name: string): Refusal => new Refusal(404, "unknown_region", `Unable to find system shared memory region: '${name}'`);

const isBytes = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const invalidArgs = (name: string, why: string): Refusal => new Refusal(400, "bad_request", `failed to register shared memory region '${name}': invalid args: ${why}`);

/** What one client may do with its regions. All throw Refusal, `register` rejects with it. A name "" = all. */
export type ClientRegions = {
  status(name: string): RegionStatus[];
  register(name: string, wish: RegionWish): Promise<void>;
  unregister(name: string): void;
  hold(place: Place): HeldPlace;
};
