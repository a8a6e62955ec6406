// Who is logged in; the shell asks before it shows a screen.
import { ApiError, whenUnauthorized } from "./api/client";
import { me, type Me, type Scope } from "./api/access";
import { goto, place } from "./place.svelte";
import { socket } from "./live.svelte";
import { link } from "./router";

let known = $state.raw<Me | null>(null);
let error = $state.raw<unknown>(null);

export const session = {
  get me() {
    return known;
  },
  get error() {
    return error;
  },
  /** Whether the one who is logged in may; users may everything. */
  may(scope: Scope) {
    return known !== null && known.scopes.includes(scope);
  },
};

/** Asks the server who is there. Nobody: off to the login, and back after it. */
export const identify = async () => {
  error = null;
  try {
    known = await me();
    socket.start();
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.status === 401) leave();
    else error = thrown;
  }
};

/** Forgets who was there, and goes to the login. */
export const leave = () => {
  known = null;
  socket.stop();
  if (place.path !== "/login") goto(link("/login", { next: location.pathname + location.search }), { replace: true });
};

whenUnauthorized(leave);
socket.onRefused(() => void identify());
