/** Weights of instruments as a person types them: an instrument and a number a line. Pure. */

type Read = { ok: true; value: Record<string, number> } | { ok: false; error: string };

export const weightLines = (weights: Readonly<Record<string, number>>): string =>
  Object.entries(weights)
    .map(([instrument, weight]) => `${instrument} ${weight}`)
    .join("\n");

/** Names the first line that cannot be read. */
export function readWeights(text: string): Read {
  const value: Record<string, number> = {};
  for (const line of text.split("\n")) {
    const words = line.trim().split(/\s+/);
    if (words.length === 1 && words[0] === "") continue;
    const [instrument = "", weight = ""] = words;
    const number = Number(weight);
    if (words.length !== 2 || weight === "" || !Number.isFinite(number) || number <= 0)
      return { ok: false, error: `"${line.trim()}" is no instrument with a weight above 0` };
    value[instrument] = number;
  }
  return { ok: true, value };
}
