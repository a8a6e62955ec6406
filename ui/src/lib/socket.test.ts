import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Socket, type Message, type Wire } from "./socket";

/** A WebSocket whose server the test is. */
class FakeWire implements Wire {
  onopen: Wire["onopen"] = null;
  onmessage: Wire["onmessage"] = null;
  onclose: Wire["onclose"] = null;
  sent: Record<string, unknown>[] = [];
  closed = false;
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  says(...messages: Partial<Message>[]) {
    this.onmessage?.({ data: JSON.stringify(messages.map((message) => ({ topic: "", seq: 0, ts: 0, ...message }))) });
  }
  hello(build = "one") {
    this.says({ t: "hello", build });
  }
  drops(code = 1006) {
    this.onclose?.({ code });
  }
}

let wires: FakeWire[];
let socket: Socket;
const wire = () => wires.at(-1)!;
const subs = () => wire().sent.filter(({ op }) => op === "sub").map(({ topic, since }) => [topic, since]);

beforeEach(() => {
  vi.useFakeTimers();
  wires = [];
  socket = new Socket(() => {
    wires.push(new FakeWire());
    return wire();
  }, Date.now, () => 1);
});
afterEach(() => vi.useRealTimers());

const heard = () => {
  const seen: string[] = [];
  return {
    seen,
    on: (message: Message) => seen.push(`${message.t} ${message.seq}`),
    gap: (from: number, to: number) => seen.push(`gap ${from}-${to}`),
    restarted: () => seen.push("restarted"),
  };
};

describe("a topic", () => {
  test("is asked for once the server has said hello, whenever it was subscribed to", () => {
    socket.subscribe("jobs", { ...heard(), since: -1 });
    socket.start();
    expect(wire().sent).toEqual([]);
    wire().hello();
    expect(socket.state).toBe("open");
    socket.subscribe("run:a", heard());
    expect(subs()).toEqual([["jobs", -1], ["run:a", 0]]);
  });

  test("gives each message once and in order to each listener", () => {
    socket.start();
    wire().hello();
    const [one, two] = [heard(), heard()];
    socket.subscribe("run:a", one);
    socket.subscribe("run:a", two);
    wire().says({ topic: "run:a", t: "event", seq: 1 }, { topic: "run:a", t: "sip", seq: 2 });
    wire().says({ topic: "run:a", t: "sip", seq: 2 }, { topic: "run:a", t: "run.end", seq: 3 }, { topic: "run:b", t: "event", seq: 9 });
    expect(one.seen).toEqual(["event 1", "sip 2", "run.end 3"]);
    expect(two.seen).toEqual(one.seen);
    expect(subs().length).toBe(1);
  });

  test("is given up with its last listener", () => {
    socket.start();
    wire().hello();
    const end = [socket.subscribe("jobs", heard()), socket.subscribe("jobs", heard())];
    end[0]!();
    expect(wire().sent.some(({ op }) => op === "unsub")).toBe(false);
    end[1]!();
    end[1]!();
    expect(wire().sent.filter(({ op }) => op === "unsub")).toEqual([{ op: "unsub", topic: "jobs" }]);
  });

  test("resumes after the last message seen", () => {
    socket.start();
    wire().hello();
    const listener = heard();
    socket.subscribe("run:a", listener);
    wire().says({ topic: "run:a", t: "event", seq: 1 }, { topic: "run:a", t: "event", seq: 2 });
    wire().drops();
    expect(socket.state).toBe("lost");
    vi.advanceTimersByTime(500);
    wire().hello();
    expect(subs()).toEqual([["run:a", 2]]);
    wire().says({ topic: "run:a", t: "event", seq: 3 });
    expect(listener.seen).toEqual(["event 1", "event 2", "event 3"]);
  });

  test("of which only the new is wanted resumes where its subscription began", () => {
    socket.start();
    wire().hello();
    socket.subscribe("jobs", { ...heard(), since: -1 });
    wire().says({ topic: "jobs", t: "ack", op: "sub", next: 8 });
    wire().drops();
    vi.advanceTimersByTime(500);
    wire().hello();
    expect(subs()).toEqual([["jobs", 7]]);
  });

  test("tells of a gap and goes on behind it", () => {
    socket.start();
    wire().hello();
    const listener = heard();
    socket.subscribe("run:a", listener);
    wire().says({ topic: "run:a", t: "event", seq: 1 }, { topic: "run:a", t: "gap", from: 2, to: 40 }, { topic: "run:a", t: "event", seq: 41 });
    expect(listener.seen).toEqual(["event 1", "gap 2-40", "event 41"]);
    wire().drops();
    vi.advanceTimersByTime(500);
    wire().hello();
    expect(subs()).toEqual([["run:a", 41]]);
  });
});

test("another server's numbers start again from 1; a run's are its record's", () => {
  socket.start();
  wire().hello("one");
  const [jobs, run] = [heard(), heard()];
  socket.subscribe("jobs", jobs);
  socket.subscribe("run:a", run);
  wire().says({ topic: "jobs", t: "job.start", seq: 70 }, { topic: "run:a", t: "event", seq: 5 });
  wire().drops();
  vi.advanceTimersByTime(500);
  wire().hello("two");
  expect(subs()).toEqual([["jobs", -1], ["run:a", 5]]);
  expect(jobs.seen).toEqual(["job.start 70", "restarted"]);
  expect(run.seen).toEqual(["event 5"]);
  wire().says({ topic: "jobs", t: "job.end", seq: 1 });
  expect(jobs.seen.at(-1)).toBe("job.end 1");
});

describe("the connection", () => {
  test("is tried again after waits that grow, and at once when asked to", () => {
    socket.start();
    const waits: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      wire().drops();
      const before = Date.now();
      vi.advanceTimersToNextTimer();
      waits.push(Date.now() - before);
    }
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    wire().drops();
    const before = wires.length;
    socket.retry();
    expect(wires.length).toBe(before + 1);
    socket.retry();
    expect(wires.length).toBe(before + 1);
    wire().hello();
    wire().drops();
    expect(socket.retryAt).toBe(Date.now() + 500);
  });

  test("ends with stop, and what comes late from an old one is not heard", () => {
    socket.start();
    const old = wire();
    old.hello();
    const listener = heard();
    socket.subscribe("jobs", listener);
    socket.stop();
    expect(old.closed).toBe(true);
    old.says({ topic: "jobs", t: "job.start", seq: 1 });
    old.drops();
    vi.advanceTimersByTime(60_000);
    expect(listener.seen).toEqual([]);
    expect(wires.length).toBe(1);
    socket.start();
    wire().hello();
    expect(subs()).toEqual([["jobs", 0]]);
  });

  test("answers pings, tells errors, and survives what is no JSON", () => {
    socket.start();
    wire().hello();
    const errors: unknown[] = [];
    socket.onError((message, advice) => errors.push([message, advice]));
    wire().onmessage?.({ data: "<html>" });
    wire().says({ t: "ping" }, { t: "error", message: "no such topic", advice: "see the docs" });
    expect(wire().sent).toEqual([{ op: "pong" }]);
    expect(errors).toEqual([["no such topic", "see the docs"]]);
  });

  test("tells when the session is over", () => {
    socket.start();
    const refused = vi.fn();
    socket.onRefused(refused);
    wire().hello();
    wire().drops();
    vi.advanceTimersByTime(500);
    expect(refused).not.toHaveBeenCalled();
    wire().hello();
    wire().drops(4401);
    expect(refused).toHaveBeenCalledOnce();
  });

  test("gives a connection up that says nothing, and goes on with the next one", () => {
    socket.start();
    wire().hello();
    const silent = wire();
    vi.advanceTimersByTime(30_000);
    wire().says({ t: "ping" });
    vi.advanceTimersByTime(45_000);
    expect(socket.state).toBe("open");
    vi.advanceTimersByTime(15_000);
    expect(silent.closed).toBe(true);
    expect(wires.length).toBe(2);
    silent.drops();
    wire().hello();
    expect(socket.state).toBe("open");
    socket.stop();
    vi.advanceTimersByTime(200_000);
    expect(wires.length).toBe(2);
  });

  test("says whether something could be sent", () => {
    socket.start();
    expect(socket.send({ op: "console", text: "x" })).toBe(false);
    wire().hello();
    expect(socket.send({ op: "console", text: "x" })).toBe(true);
    wire().drops();
    expect(socket.send({ op: "console", text: "y" })).toBe(false);
  });
});
