/** A time as the clocks of a zone show it, "2026-08-01 06:00"; a zone that this browser does not know is shown as the browser's own. */
export const zoned = (ms: number, zone: string): string => {
  const show = (timeZone?: string) => new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short", timeZone }).format(ms);
  try {
    return show(zone);
  } catch {
    return show();
  }
};
