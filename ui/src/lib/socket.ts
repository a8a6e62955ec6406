// The WebSocket: topics with sequence numbers, resumed where they were when the connection comes back.

export interface Message {
  topic: string;
  seq: number;
  ts: number;
  t: string;
  [field: string]: unknown;
}

export interface Listener {
  /** Each message once, in order. */
  on: (message: Message) => void;
  /** Messages `from` to `to` were left out because the client was too slow: fetch them by REST. */
  gap?: (from: number, to: number) => void;
  /** The server was restarted: what is known of this topic is old; fetch it by REST. */
  restarted?: () => void;
  /** What has been seen already: absent or 0 from the beginning, −1 only what is new. */
  since?: number;
}

export type State = "connecting" | "open" | "lost";

/** What the socket needs of a WebSocket; tests give a false one. */
export interface Wire {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

interface Topic {
  seen: number;
  listeners: Set<Listener>;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** The server says something each 20 s: silent for so long, there is none, whatever the browser thinks (it slept, or is in another network). */
const SILENCE = 50_000;
const LOOKED = 5_000;
/** The server closes with it when the session is over. */
const NOT_IN = 4401;

/** A run's numbers are its record's and outlive the server; the numbers of all other topics start again with it. */
const lasting = (topic: string) => topic.startsWith("run:");

export class Socket {
  state: State = "connecting";
  /** When the next attempt to connect is made; null while connected. */
  retryAt: number | null = null;
  private wire: Wire | null = null;
  private topics = new Map<string, Topic>();
  private build: string | null = null;
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private stopped = true;
  private heard = 0;
  private looks: ReturnType<typeof setInterval> | undefined;
  private watchers = new Set<() => void>();
  private refusals = new Set<() => void>();
  private errors = new Set<(message: string, advice: string | null) => void>();

  constructor(
    private open: () => Wire,
    private now: () => number = Date.now,
    private random: () => number = Math.random,
  ) {}

  start() {
    if (!this.stopped) return;
    this.stopped = false;
    this.connect();
  }

  /** Ends the connection (logout); topics stay, for a later `start`. */
  stop() {
    this.stopped = true;
    clearInterval(this.looks);
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.wire?.close();
    this.wire = null;
  }

  /** Connects at once instead of when the wait is over. */
  retry() {
    if (this.stopped || this.state === "open" || this.timer === null) return;
    clearTimeout(this.timer);
    this.connect();
  }

  /** Calls `act` whenever `state` changes. */
  watch(act: () => void): () => void {
    this.watchers.add(act);
    return () => this.watchers.delete(act);
  }

  /** Calls `act` when the server has closed because nobody is logged in any more. */
  onRefused(act: () => void): () => void {
    this.refusals.add(act);
    return () => this.refusals.delete(act);
  }

  /** What the server says of requests that it could not serve. */
  onError(act: (message: string, advice: string | null) => void): () => void {
    this.errors.add(act);
    return () => this.errors.delete(act);
  }

  /** Listens to a topic until the function that is returned is called. A second listener hears what is new from now on. */
  subscribe(name: string, listener: Listener): () => void {
    let topic = this.topics.get(name);
    if (!topic) {
      topic = { seen: listener.since ?? 0, listeners: new Set() };
      this.topics.set(name, topic);
      this.subscribeOnServer(name, topic);
    }
    topic.listeners.add(listener);
    return () => {
      topic.listeners.delete(listener);
      if (topic.listeners.size > 0 || this.topics.get(name) !== topic) return;
      this.topics.delete(name);
      this.send({ op: "unsub", topic: name });
    };
  }

  /** Sends an operation if there is a connection; says whether there was. */
  send(op: Record<string, unknown>): boolean {
    if (this.state !== "open" || !this.wire) return false;
    this.wire.send(JSON.stringify(op));
    return true;
  }

  private subscribeOnServer(name: string, topic: Topic) {
    this.send({ op: "sub", topic: name, since: topic.seen });
  }

  private connect() {
    this.timer = null;
    this.retryAt = null;
    this.change(this.attempts === 0 ? "connecting" : "lost");
    const wire = this.open();
    this.wire = wire;
    this.heard = this.now();
    this.looks = setInterval(() => this.now() - this.heard > SILENCE && this.lost(), LOOKED);
    wire.onmessage = ({ data }) => this.wire === wire && this.receive(data);
    wire.onclose = ({ code }) => {
      if (this.wire !== wire) return;
      this.lost();
      if (code === NOT_IN) for (const act of this.refusals) act();
    };
    wire.onopen = null;
  }

  private lost() {
    const gone = this.wire;
    this.wire = null;
    gone?.close();
    clearInterval(this.looks);
    if (this.stopped) return;
    // Many browsers that lost one server do not come back in one moment: half of the wait is chance.
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.attempts) * (0.5 + this.random() / 2);
    this.attempts += 1;
    this.retryAt = this.now() + wait;
    this.timer = setTimeout(() => this.connect(), wait);
    this.change("lost");
  }

  private receive(data: unknown) {
    this.heard = this.now();
    let messages: Message[];
    try {
      const parsed: unknown = JSON.parse(String(data));
      messages = (Array.isArray(parsed) ? parsed : [parsed]) as Message[];
    } catch {
      return;
    }
    for (const message of messages) {
      if (message.topic) this.deliver(message);
      else this.control(message);
    }
  }

  private control(message: Message) {
    if (message.t === "hello") this.hello(String(message.build ?? ""));
    else if (message.t === "ping") this.send({ op: "pong" });
    else if (message.t === "error") for (const act of this.errors) act(String(message.message), (message.advice as string | undefined) ?? null);
  }

  /** The server says who it is with its first message; topics are subscribed only then, since another server counts from 1. */
  private hello(build: string) {
    const another = this.build !== null && this.build !== build;
    this.build = build;
    this.attempts = 0;
    this.change("open");
    for (const [name, topic] of this.topics) {
      if (another && !lasting(name)) {
        topic.seen = -1;
        for (const listener of topic.listeners) listener.restarted?.();
      }
      this.subscribeOnServer(name, topic);
    }
  }

  private deliver(message: Message) {
    const topic = this.topics.get(message.topic);
    if (!topic) return;
    if (message.t === "ack") {
      if (topic.seen < 0 && typeof message.next === "number") topic.seen = message.next - 1;
      return;
    }
    if (message.t === "gap") {
      const [from, to] = [Number(message.from), Number(message.to)];
      topic.seen = Math.max(topic.seen, to);
      for (const listener of topic.listeners) listener.gap?.(from, to);
      return;
    }
    if (typeof message.seq === "number") {
      if (message.seq <= topic.seen) return;
      topic.seen = message.seq;
    }
    for (const listener of topic.listeners) listener.on(message);
  }

  private change(state: State) {
    this.state = state;
    for (const act of this.watchers) act();
  }
}
