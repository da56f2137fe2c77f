// Owns what a link-local address is, and looking names up so that none is called by one: there clouds hand out their machines' credentials to whoever asks (RFC 3927, RFC 4291).
import { lookup, type LookupAddress } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet("169.254.0.0", 16, "ipv4");
LINK_LOCAL.addSubnet("fe80::", 10, "ipv6");
// Where AWS answers the same over IPv6.
LINK_LOCAL.addAddress("fd00:ec2::254", "ipv6");

/** False for a name. */
export function isLinkLocal(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && LINK_LOCAL.check(address, version === 4 ? "ipv4" : "ipv6");
}

/** Asked for every connection: a name may be another address by then. Fails for a name with such an address among its own. */
export const lookupElsewhere: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    const refused = found?.find(({ address }) => isLinkLocal(address));
    const [first] = found ?? [];
    if (error || !first) done(error ?? new Error(`${hostname} has no address`), "", 0);
    else if (refused) done(new Error(`${hostname} is the link-local address ${refused.address}, which is not called`), "", 0);
    else if (options.all) done(null, found);
    else done(null, first.address, first.family);
  });
};
