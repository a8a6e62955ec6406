// The one connection of this page, and what of it is shown.
import { Socket, type Listener, type State, type Wire } from "./socket";

const wire = (): Wire => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`) as unknown as Wire;

export const socket = new Socket(wire);

let state = $state<State>("connecting");
let retryAt = $state<number | null>(null);
socket.watch(() => {
  state = socket.state;
  retryAt = socket.retryAt;
});
addEventListener("online", () => socket.retry());

export const connection = {
  get state() {
    return state;
  },
  get retryAt() {
    return retryAt;
  },
};

/** To be called in a component's script: listens to a topic while the component is there; null listens to none. */
export const useTopic = (topic: () => string | null, listener: Listener) => {
  $effect(() => {
    const name = topic();
    return name === null ? undefined : socket.subscribe(name, listener);
  });
};
