// Where the browser is. Screens read `place`, and go elsewhere by `goto` or plain links.

const read = () => ({ path: location.pathname, query: new URLSearchParams(location.search), hash: location.hash.slice(1) });

let current = $state.raw(read());

export const place = {
  get path() {
    return current.path;
  },
  get query() {
    return current.query;
  },
  get hash() {
    return current.hash;
  },
};

const arrive = () => {
  current = read();
};

const back = ({ state }: PopStateEvent) => {
  arrive();
  if (state) void import("./scroll").then(({ restore }) => restore(state));
};

/** Goes to a path of this site. `replace`: without a new entry in the history, as for filters. */
export const goto = (url: string, options: { replace?: boolean } = {}) => {
  const main = document.getElementById("main");
  if (options.replace) history.replaceState(history.state, "", url);
  else {
    history.replaceState(main?.scrollTop, "");
    history.pushState(null, "", url);
  }
  const before = current.path;
  arrive();
  if (!options.replace && current.path !== before) main?.scrollTo(0, 0);
};

/** Sets parameters of the query, and leaves the others; null takes one away. */
export const setQuery = (changes: Record<string, string | number | null>, options: { push?: boolean } = {}) => {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") query.delete(name);
    else query.set(name, String(value));
  }
  const text = query.toString();
  goto(location.pathname + (text ? `?${text}` : "") + location.hash, { replace: !options.push });
};

/** Handles clicks on links to this site without reloading the page. A link with `download` or `target` stays the browser's. */
export const followLinks = (root: HTMLElement): (() => void) => {
  const click = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const anchor = (event.target as Element | null)?.closest?.("a[href]") as HTMLAnchorElement | null;
    if (!anchor || anchor.hasAttribute("download") || (anchor.target && anchor.target !== "_self") || anchor.origin !== location.origin) return;
    if (anchor.pathname.startsWith("/api/") || anchor.dataset.native !== undefined) return;
    event.preventDefault();
    goto(anchor.pathname + anchor.search + anchor.hash);
  };
  root.addEventListener("click", click);
  addEventListener("popstate", back);
  return () => {
    root.removeEventListener("click", click);
    removeEventListener("popstate", back);
  };
};
