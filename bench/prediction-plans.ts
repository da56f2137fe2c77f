// Owns which plans of a model are tried: one, two and three stages over three nodes, in different orders, at cuts that a planner might take.

export type PlanStage = { from: number; to: number; topologyNodeId: string };
export type PlacedPlan = { label: string; placement: PlanStage[] };
type Facts = { layers: { flops: number }[]; cuts: { index: number; legal: boolean; bytes: number }[] };

/** How far from the wanted share of the work a cut may lie; within it the one with the fewest bytes is taken. */
const SHARE_SLACK = 0.12;

/** The ingress is always at node 0. Plans that come out the same (a model with few cuts) are left out. */
export function placementsOf(facts: Facts): PlacedPlan[] {
  const total = facts.layers.reduce((sum, layer) => sum + layer.flops, 0) || 1;
  const shares: number[] = [];
  facts.layers.reduce((sum, layer) => { shares.push((sum + layer.flops) / total); return sum + layer.flops; }, 0);
  const legal = facts.cuts.filter((cut) => cut.legal).map((cut) => ({ end: cut.index + 1, bytes: cut.bytes, share: shares[cut.index] ?? 0 }));
  const near = (wanted: number): number => {
    const close = legal.filter((cut) => Math.abs(cut.share - wanted) <= SHARE_SLACK);
    const from = close.length > 0 ? close : legal;
    return from.reduce((one, other) => (close.length > 0 ? other.bytes < one.bytes : Math.abs(other.share - wanted) < Math.abs(one.share - wanted)) ? other : one).end;
  };
  const plan = (label: string, ends: number[], nodes: number[]): PlacedPlan => ({
    label, placement: nodes.map((node, index) => ({ from: ends[index - 1] ?? 0, to: ends[index] ?? facts.layers.length, topologyNodeId: `tn_${node}` })),
  });
  const plans = [
    plan("whole at the ingress", [], [0]),
    plan("whole at the gateway", [], [1]),
    plan("whole at the server", [], [2]),
    ...(legal.length === 0 ? [] : [
      plan("halves, ingress → gateway", [near(0.5)], [0, 1]),
      plan("a quarter, then the server", [near(0.25)], [0, 2]),
      plan("gateway → server at three quarters", [near(0.75)], [1, 2]),
      plan("thirds over all three", [near(1 / 3), near(2 / 3)], [0, 1, 2]),
      plan("backwards over all three", [near(0.3), near(0.75)], [2, 1, 0]),
      plan("gateway, ingress, server", [near(0.25), near(0.6)], [1, 0, 2]),
    ]),
  ].filter(({ placement }) => placement.every((stage) => stage.from < stage.to));
  return plans.filter((one, index) => plans.findIndex((other) => JSON.stringify(other.placement) === JSON.stringify(one.placement)) === index);
}
