// Owns which charts of a group are shown, and how that is written in the address. Pure.

type Keyed = { key: string };

/** What the address asks for; all where it asks for none of these, as after a move has brought other stages. */
export function chosenOf<S extends Keyed>(specs: readonly S[], asked: string | null): S[] {
  const keys = asked?.split(",") ?? [];
  const chosen = specs.filter((spec) => keys.includes(spec.key));
  return chosen.length > 0 ? chosen : [...specs];
}

/** With `spec` turned on or off, as it stands in the address; null = all. The last one stays. */
export function toggledChoice<S extends Keyed>(specs: readonly S[], chosen: readonly S[], spec: S): string | null {
  const without = chosen.filter((one) => one !== spec);
  const next = without.length === chosen.length ? specs.filter((one) => one === spec || chosen.includes(one)) : without.length === 0 ? chosen : without;
  return next.length === specs.length ? null : next.map((one) => one.key).join(",");
}
