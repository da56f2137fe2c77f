// Owns what one request has in shared memory: its places are held from before it runs until its answer is written, its inputs' bytes are read within the
// limits of a body, and its outputs' bytes are written where they were wished.
import { BadRequest, type OipRequest } from "../oip.ts";
import { Refusal } from "../refusal.ts";
import { isLargeBody, takeReading } from "../request-body.ts";
import type { RouteRuntime } from "../route-runtime.ts";
import type { RouteVersion } from "../route-version.ts";
import type { Way } from "../way.ts";
import type { HeldPlace } from "./region.ts";
import type { ClientRegions } from "./shared-regions.ts";

/** `tensors`: the request's, with what was read. */
export type RequestPlaces<T> = { tensors: T[]; /** By the outputs' names. */ outputs: ReadonlyMap<string, HeldPlace>; release(): void };

/** Null = it has none, and need not wait either. Rejects with Refusal, BadRequest or WireError. */
export function takePlaces<T>(route: RouteRuntime, version: RouteVersion | null, request: OipRequest<T>, way: Way): Promise<RequestPlaces<T>> | null {
  const hasSome = request.shared.length > 0 || request.outputs?.some(({ place }) => place !== null) === true;
  const { turns } = way;
  if (!hasSome && !turns?.busy) return null;
  const take = async () => (hasSome ? readPlaces(route, version, request, way, await way.regions()) : { tensors: request.tensors, outputs: new Map<string, HeldPlace>(), release: () => undefined });
  return turns ? turns.run(take) : take();
}

async function readPlaces<T>(route: RouteRuntime, version: RouteVersion | null, request: OipRequest<T>, way: Way, regions: ClientRegions): Promise<RequestPlaces<T>> {
  const inputs: HeldPlace[] = [];
  const outputs = new Map<string, HeldPlace>();
  const release = () => { for (const held of [...inputs, ...outputs.values()]) held.release(); };
  try {
    for (const { place } of request.shared) inputs.push(regions.hold(place));
    for (const { name, place } of request.outputs ?? []) {
      if (place === null) continue;
      if (outputs.has(name)) throw new BadRequest(`output "${name}" is wished twice`);
      outputs.set(name, regions.hold(place));
    }
    return { tensors: await readInputs(route, version, request, way, inputs), outputs, release };
  } catch (error) {
    release();
    throw error;
  }
}

async function readInputs<T>(route: RouteRuntime, version: RouteVersion | null, { tensors, shared, idempotent, timeoutMs }: OipRequest<T>, { deadlineMs, idempotencyKey, trace }: Way, held: HeldPlace[]): Promise<T[]> {
  const { modelName, limits: { maxRequestBytes } } = route.route;
  let total = 0;
  for (const { name, place, bytes } of shared) {
    if (bytes !== null && place.byteSize !== bytes) throw new BadRequest(`input byte size mismatch for input '${name}' for model '${modelName}'. Expected ${bytes}, got ${place.byteSize}`);
    total += place.byteSize;
  }
  if (total > maxRequestBytes) throw new Refusal(413, "too_large", `a request may have at most ${maxRequestBytes} bytes, its inputs in shared memory have ${total}`);
  // As of a large body: where there is no room nothing is read, unless its answer may be there already.
  if (isLargeBody(total) && idempotencyKey === undefined && !idempotent) route.demandRoom({ deadlineMs: timeoutMs ?? deadlineMs, version, trace });
  const done = takeReading(total);
  try {
    const read = await Promise.all(held.map((one) => one.read()));
    const whole = [...tensors];
    shared.forEach(({ index, make }, at) => { whole[index] = make(read[at]!); });
    return whole;
  } finally {
    done();
  }
}

/** In place of an output's bytes where they are. Rejects with Refusal, also where they do not fit. */
export async function writeOutputs(outputs: { name: string; data: Uint8Array; place?: HeldPlace["place"] }[], places: ReadonlyMap<string, HeldPlace>): Promise<void> {
  for (const output of outputs) {
    const held = places.get(output.name);
    if (!held) continue;
    const { byteSize } = held.place;
    if (output.data.length > byteSize) throw new Refusal(400, "bad_request", `shared memory size specified with the request for output '${output.name}' (${byteSize} bytes) should be at least ${output.data.length} bytes to hold the results`);
    await held.write(output.data);
    output.place = held.place;
  }
}
