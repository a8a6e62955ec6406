// Lines in a plane: scales, round places on the axes, paths. Pure; `Chart` draws what comes out.

export interface Series { name: string; points: [x: number, y: number | null][] }
export interface Scale { low: number; high: number }

/** About `wanted` round places between two numbers: 1, 2 or 5 times a power of ten apart. */
export const places = ({ low, high }: Scale, wanted: number): number[] => {
  const rough = (high - low) / Math.max(1, wanted);
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough * 0.999) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
};

/** From the least to the greatest of all numbers; `min` and `max` where they are fixed. A single number has some room around it. */
export const scale = (values: number[], min: number | null = null, max: number | null = null): Scale => {
  const known = values.filter(Number.isFinite);
  // Not by `Math.min(...)`: there may be very many.
  const low = min ?? known.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = max ?? known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { low: min ?? 0, high: max ?? (min ?? 0) + 1 };
  if (high > low) return { low, high: max ?? high + (high - low) * 0.05 };
  return { low, high: low + (Math.abs(low) || 1) };
};

export const at = (value: number, { low, high }: Scale, size: number): number => ((value - low) / (high - low)) * size;

/** A path through the points; where there is no number the line goes on behind it. */
export const path = (points: Series["points"], x: Scale, y: Scale, width: number, height: number): string =>
  points
    .filter((point): point is [number, number] => point[1] !== null && Number.isFinite(point[1]))
    .map(([px, py], i) => `${i === 0 ? "M" : "L"}${at(px, x, width).toFixed(1)} ${(height - at(py, y, height)).toFixed(1)}`)
    .join("");

/** The x of all points that is nearest to a place; null where there is none. */
export const nearest = (series: Series[], x: number): number | null => {
  let best: number | null = null;
  for (const { points } of series) for (const [px] of points) if (best === null || Math.abs(px - x) < Math.abs(best - x)) best = px;
  return best;
};
