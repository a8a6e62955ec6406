// Finding a title by some of its letters.

/** How well a title fits what was typed: higher is better, null not at all. Letters in their order; word beginnings count. */
export const score = (typed: string, title: string): number | null => {
  const [wanted, text] = [typed.toLowerCase().trim(), title.toLowerCase()];
  if (wanted === "") return 0;
  const whole = (" " + text).search(new RegExp(`[\\s/:›.-]${wanted.replace(/[^a-z0-9 ]/g, "\\$&")}`));
  if (whole >= 0) return 1000 - whole - text.length / 100;
  let [at, points] = [0, 0];
  for (const letter of wanted) {
    if (letter === " ") continue;
    const found = text.indexOf(letter, at);
    if (found < 0) return null;
    points += found === 0 || /[\s/:›.-]/.test(text[found - 1] ?? "") ? 8 : found === at ? 4 : 1;
    at = found + 1;
  }
  return points - text.length / 100;
};
