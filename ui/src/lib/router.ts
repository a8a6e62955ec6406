// Which screen a path means. The browser's history is the state: every screen can be linked to.

export interface Place {
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
}

export interface Pattern<T> {
  /** "/p/:project/t/:test"; a part that begins with a colon takes one part of the path. */
  path: string;
  to: T;
}

const parts = (path: string) => path.split("/").filter((part) => part !== "");

const decoded = (part: string): string | null => {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
};

/** The first pattern that fits, with its parameters decoded; null if none does. */
export const match = <T>(patterns: Pattern<T>[], path: string): { to: T; params: Record<string, string> } | null => {
  const given = parts(path);
  for (const pattern of patterns) {
    const wanted = parts(pattern.path);
    if (wanted.length !== given.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((part, i) => {
      if (!part.startsWith(":")) return part === given[i];
      const value = decoded(given[i] ?? "");
      if (value === null) return false;
      params[part.slice(1)] = value;
      return true;
    });
    if (fits) return { to: pattern.to, params };
  }
  return null;
};

/** A path with a query; what is null, undefined or "" is left out. */
export const link = (path: string, query: Record<string, string | number | null | undefined> = {}): string => {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== "") params.set(name, String(value));
  const text = params.toString();
  return path + (text ? `?${text}` : "");
};
