// Lets a new node in: the join token is used up, the name made unique, the certificate signed, the row written, all or nothing.
import type { EnrolRequest, Hardware } from "../../agents/protocol/control.ts";
import { CONTROL_VERSION } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import type { Tx } from "../store/db.ts";
import { findJoinToken, takeJoinToken } from "../store/join-tokens.ts";
import { insertNode, saveObserved, takenNodeNames } from "../store/nodes.ts";
import { addLiveNode } from "./add-live-node.ts";
import { agentHardware } from "./agent-hardware.ts";
import type { Deps } from "./deps.ts";

/** Signs a certificate request for a node. `fingerprint` is the sha-256 hex of the certificate's DER. @throws AppError bad-request for a request that is none. */
export type SignNode = (request: { csrPem: string; nodeId: string; name: string }) => Promise<{ certificatePem: string; fingerprint: string; expiresAt: Date }>;
export type EnrolNodeInput = { request: EnrolRequest; /** sha-256 hex of the token's secret. */ tokenHash: string; sign: SignNode };
export type EnrolledNode = { nodeId: string; name: string; certificatePem: string; expiresAt: Date };

export const MAX_NODE_NAME_LENGTH = 60;
/** Nodes of one wanted name; past it somebody enrols in a loop. */
const MAX_SAME_NAME = 10_000;

/** @throws AppError unauthorized (unknown, used or expired token), bad-request (version, name, certificate request) */
export async function enrolNode(deps: Deps, input: EnrolNodeInput): Promise<EnrolledNode> {
  const { request, tokenHash, sign } = input;
  if (request.controlVersion !== CONTROL_VERSION) {
    throw new AppError("bad-request", `This agent speaks version ${request.controlVersion} of the control protocol, the console version ${CONTROL_VERSION}.`, { fix: "Install the agent this console serves (its /install.sh)." });
  }
  const hardware = checkHardware(request.hardware);
  const nodeId = newId("nod");
  const now = new Date(deps.clock.now());
  const enrolled = await deps.publisher.transact(async (tx, append) => {
    const token = await findJoinToken(tx, tokenHash);
    if (!token || !(await takeJoinToken(tx, tokenHash, nodeId, now))) throw refusal(token, now);
    const name = await freeName(tx, cleanName(token.nodeName ?? request.name));
    const certificate = await sign({ csrPem: request.csrPem, nodeId, name });
    await insertNode(tx, { id: nodeId, name, certificateFingerprint: certificate.fingerprint, certificateExpiresAt: certificate.expiresAt, enrolledAt: now, enrolledBy: token.createdBy, ...(token.needsApproval ? { approvedAt: null, approvedBy: null } : { approvedAt: now, approvedBy: token.createdBy }) });
    await saveObserved(tx, nodeId, { hardware, bootId: "", dataHost: "", dataPort: 0, cursor: 0, lastSeenAt: now, assignments: [], ingress: [], measures: [] });
    if (!token.needsApproval) await addLiveNode(deps, tx, append, { nodeId, name });
    await append({ name: "node.enrolled", subjectId: nodeId, actor: `node:${name}`, message: `${name} enrolled (${hardware.cpuModel}, ${hardware.cores} cores)${token.needsApproval ? " and waits for approval" : ""}.`, payload: { nodeId, name } });
    return { nodeId, name, certificatePem: certificate.certificatePem, expiresAt: certificate.expiresAt };
  });
  deps.wake("a node enrolled");
  return enrolled;
}

/** @throws AppError bad-request, naming the field */
function checkHardware(raw: unknown): Hardware {
  const checked = agentHardware.safeParse(raw);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  throw new AppError("bad-request", `The hardware an agent tells of is not valid at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? "unknown"}`.slice(0, 300), { fix: "Install the agent this console serves (its /install.sh)." });
}

/** Says no more than the holder of the token may know. */
function refusal(token: { usedAt: Date | null; expiresAt: Date } | null, now: Date): AppError {
  const fix = "Make a new join token in the console.";
  if (!token) return new AppError("unauthorized", "The join token is not one of this console's.", { fix });
  if (token.usedAt) return new AppError("unauthorized", "The join token has been used: each lets one node in.", { fix });
  if (token.expiresAt <= now) return new AppError("unauthorized", "The join token has expired.", { fix });
  return new AppError("unauthorized", "The join token was used at this very moment.", { fix });
}

/** Letters, digits and "._-": a name is also a host-like label in logs and on the canvas. */
export function cleanName(wanted: string): string {
  const clean = wanted.trim().replace(/[^\p{L}\p{N}._ -]/gu, "-").slice(0, MAX_NODE_NAME_LENGTH).trim();
  return clean === "" ? "node" : clean;
}

/** The name, or the name with the first free number: "edge", "edge-2", "edge-3".. */
async function freeName(tx: Tx, wanted: string): Promise<string> {
  // Enrolments of one moment go one after the other, so that equal names get different numbers.
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('node-name', 0))`;
  const taken = await takenNodeNames(tx, wanted);
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; number <= MAX_SAME_NAME; number++) if (!taken.has(`${wanted}-${number}`)) return `${wanted}-${number}`;
  throw new AppError("conflict", `There are too many nodes named ${wanted}.`, { fix: "Give another name." });
}
