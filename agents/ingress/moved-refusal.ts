// Owns what a client is told that asks for a deployment where it was entered before. Over REST the same path works there, so that it is a redirect
// (308 keeps method and body) wherever following it blindly is safe; clients that follow none show the message. gRPC has no redirect: NOT_FOUND, for
// UNAVAILABLE would have clients ask here for ever.
import type { MovedRoute } from "../protocol/control.ts";
import { isLoopback } from "./is-loopback.ts";
import { Refusal } from "./refusal.ts";

export class MovedRefusal extends Refusal {
  /** Where clients reach it now, best first: origins, without a path. */
  readonly origins: string[];
  constructor(message: string, origins: string[]) {
    super(404, "moved", message);
    this.origins = origins;
  }
}

export function movedRefusal({ modelName, entries }: MovedRoute): MovedRefusal {
  const known = entries.filter(({ url }) => URL.canParse(url)).map(({ nodeName, url }) => ({ nodeName, origin: new URL(url).origin }));
  const places = known.map(({ nodeName, origin }) => `${origin} (node ${nodeName})`).join(" or ");
  return new MovedRefusal(`Request for unknown model: '${modelName}' is not found here any more: its requests enter at ${places} now`, known.map(({ origin }) => origin));
}

/**
 * The address to redirect to, or null: never from TLS to plain text, and never to "this machine" for a client that may be on another one.
 * `here`: how this ingress listens. `target`: path and query as the client sent them.
 */
export function redirectFor({ origins }: MovedRefusal, here: { isTls: boolean; isLoopback: boolean }, target: string): string | null {
  if (!target.startsWith("/")) return null;
  const origin = origins.find((one) => {
    const url = new URL(one);
    return (url.protocol === "https:" || !here.isTls) && (here.isLoopback || !isLoopback(url.hostname.replace(/^\[|\]$/g, "")));
  });
  return origin === undefined ? null : `${origin}${target}`;
}
