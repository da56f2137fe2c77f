/** The agent's version: stamped by the build from package.json; "dev" when run from sources. */
declare const CUTPLANE_AGENT_VERSION: string | undefined;
export const AGENT_VERSION: string = typeof CUTPLANE_AGENT_VERSION === "string" ? CUTPLANE_AGENT_VERSION : "dev";
