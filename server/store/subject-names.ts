// Owns what things are called by their ids, whatever kind they are, deleted ones included.
import type { Db, Tx } from "./db.ts";

/** A deleted row's name carries its id, so that the name is free for another. */
const GONE = / \((?:deleted|removed|revoked) [a-z]+_[^)]*\)$/;

/** Unknown ids are absent. A plan is called by its hash. */
export async function readSubjectNames(db: Db | Tx, ids: readonly string[]): Promise<Map<string, string>> {
  const of = (prefix: string) => ({ where: { id: { in: [...new Set(ids)].filter((id) => id.startsWith(prefix)) } }, select: { id: true, name: true } }) as const;
  const [models, deployments, nodes, plans] = await Promise.all([
    db.model.findMany(of("mdl_")),
    db.deployment.findMany(of("dep_")),
    db.node.findMany(of("nod_")),
    db.plan.findMany({ where: of("pln_").where, select: { id: true, hash: true } }),
  ]);
  const named = [...models, ...deployments, ...nodes].map(({ id, name }) => [id, name.replace(GONE, "")] as const);
  return new Map([...named, ...plans.map(({ id, hash }) => [id, hash.slice(0, 10)] as const)]);
}
