import { layersText } from "../format.ts";
import { useReplicaStages } from "../plan/use-replicas.ts";

/** What a node holds of further replicas. They are planned beside the first one, which is what is edited here. */
export function ReplicaMarks({ topologyNodeId, far }: { topologyNodeId: string; far: boolean }) {
  const stages = useReplicaStages(topologyNodeId);
  return stages.map(({ replica, from, to }) => (
    <div key={`${replica} ${from}`} data-testid="replica-mark" title={`Replica ${replica}: a whole pipeline beside the first`} className={`flex h-6 items-center gap-1.5 rounded-md border border-double border-line-strong bg-raised px-1.5 ${far ? "text-[17px] leading-6" : "text-xs"}`}>
      <span className="text-ink-2 whitespace-nowrap">replica <span className="num">{replica}</span></span><span className="min-w-0 flex-1 truncate">{layersText({ from, to })}</span>
    </div>
  ));
}
