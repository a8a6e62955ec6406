/** An attachment: with `here`, the element is brought into sight in a row that is wider than its place, as tabs are on a phone. */
export const shown = (here: boolean) => (element: HTMLElement): void => {
  if (here) element.scrollIntoView({ block: "nearest", inline: "nearest" });
};
