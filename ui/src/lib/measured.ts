/** An attachment: calls `tell` with the element now and whenever its size changes. */
export const measured = (tell: (element: HTMLElement) => void) => (element: HTMLElement): (() => void) => {
  const observer = new ResizeObserver(() => tell(element));
  observer.observe(element);
  tell(element);
  return () => observer.disconnect();
};
