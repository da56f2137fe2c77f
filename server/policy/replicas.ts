// Owns how a revision's stages fall into replicas: whole pipelines beside each other, each request in one of them. Stored flat, in order, so that whoever cares
// for processes and memory sees them all. Pure.

/** Absent = the first. From 1. */
export type InReplica = { replica?: number };
export type Replica<T> = { number: number; stages: T[]; /** Where its first stage stands in the flat list. */ offset: number };

export function replicasOf<T extends InReplica>(stages: readonly T[]): Replica<T>[] {
  const replicas: Replica<T>[] = [];
  for (const [index, stage] of stages.entries()) {
    const number = stage.replica ?? 1;
    const last = replicas.at(-1);
    if (last?.number === number) last.stages.push(stage);
    else replicas.push({ number, stages: [stage], offset: index });
  }
  return replicas;
}

/** What agents are told as the revision's id: they know a pipeline by it and its epoch, so each replica's is its own. */
export function pipelineIdOf(revisionId: string, replica: number): string {
  return replica === 1 ? revisionId : `${revisionId}.r${replica}`;
}
