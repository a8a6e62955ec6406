// Back to where somebody was on a screen: its content comes a moment later than the screen.
const PATIENCE = 5_000;
let ends = () => {};

/** Scrolls to where it was as soon as the screen is long enough, unless somebody does something else before. */
export const restore = (top: number): void => {
  ends();
  const main = document.getElementById("main");
  if (!main) return;
  const reached = () => {
    main.scrollTop = top;
    if (main.scrollTop >= top - 1) ends();
  };
  const grows = new MutationObserver(reached);
  const over = setTimeout(() => ends(), PATIENCE);
  const others = ["wheel", "pointerdown", "keydown"];
  ends = () => {
    grows.disconnect();
    clearTimeout(over);
    for (const other of others) removeEventListener(other, ends);
  };
  for (const other of others) addEventListener(other, ends);
  grows.observe(main, { childList: true, subtree: true, attributes: true, attributeFilter: ["style"] });
  reached();
};
