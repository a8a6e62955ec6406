// Light or dark: as the system has it, unless somebody chose.
export type Theme = "auto" | "light" | "dark";

const KEY = "theme";
const stored = (): Theme => {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "auto";
};

let chosen = $state<Theme>(stored());
const apply = () => {
  if (chosen === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
};
apply();

export const theme = {
  get chosen() {
    return chosen;
  },
  /** True where things are dark now; drawings on a canvas have to ask. */
  get dark() {
    return chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  },
  choose(value: Theme) {
    chosen = value;
    if (value === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, value);
    apply();
  },
};

/** A colour of the design ("--pass") as a canvas wants it. */
export const colour = (name: string): string => {
  const probe = document.createElement("i");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
};
