// Short notices at the edge of the page, and how an action that fails says so.
import { told } from "./api/client";

export interface Toast {
  id: number;
  kind: "info" | "good" | "bad";
  text: string;
  advice: string | null;
  link: { text: string; href: string } | null;
}

const SHOWN_MS = 6000;
let last = 0;
let shown = $state.raw<Toast[]>([]);
let any = $state(false);

export const toasts = {
  /** Whether there ever was one: what shows them is loaded then, and stays, so that it can announce the next. */
  get any() {
    return any;
  },
  get shown() {
    return shown;
  },
  close(id: number) {
    shown = shown.filter((toast) => toast.id !== id);
  },
};

const show = (kind: Toast["kind"], text: string, advice: string | null, link: Toast["link"]) => {
  const id = ++last;
  any = true;
  // The same once more is no second notice.
  shown = [...shown.filter((toast) => toast.text !== text).slice(-4), { id, kind, text, advice, link }];
  // What went wrong stays until it has been read.
  if (kind !== "bad") setTimeout(() => toasts.close(id), SHOWN_MS);
};

export const info = (text: string, link: Toast["link"] = null) => show("info", text, null, link);
export const good = (text: string, link: Toast["link"] = null) => show("good", text, null, link);
export const bad = (text: string, advice: string | null = null) => show("bad", text, advice, null);

/** Does something and tells when it fails; gives whether it went well. */
export const attempt = async (what: string, act: () => Promise<unknown>): Promise<boolean> => {
  try {
    await act();
    return true;
  } catch (thrown) {
    const { message, advice } = told(thrown);
    bad(`${what}: ${message}`, advice);
    return false;
  }
};
