// Owns how well a share is known from `hits` of `count`: E. B. Wilson, JASA 22(158), 1927; 95 %.

const Z_95 = 1.959964;

export function wilsonInterval(hits: number, count: number): { low: number; high: number } {
  const share = hits / count;
  const scale = 1 + Z_95 ** 2 / count;
  const centre = (share + Z_95 ** 2 / (2 * count)) / scale;
  const half = (Z_95 * Math.sqrt((share * (1 - share)) / count + Z_95 ** 2 / (4 * count ** 2))) / scale;
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
