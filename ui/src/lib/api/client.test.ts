import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, address, get, path, post, request, told, whenUnauthorized } from "./client";

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(body === null ? null : JSON.stringify(body), { status, headers: { "content-type": "application/problem+json", ...headers } });
const fails = (doing: Promise<unknown>) => doing.then(() => expect.unreachable(), (thrown: unknown) => thrown as ApiError);
let calls: ReturnType<typeof vi.fn>;

beforeEach(() => {
  calls = vi.fn();
  vi.stubGlobal("fetch", calls);
});
afterEach(() => vi.unstubAllGlobals());

test("addresses are encoded", () => {
  expect(path`/projects/${"a/b?"}/tests/${"ü #1"}`).toBe("/projects/a%2Fb%3F/tests/%C3%BC%20%231");
  expect(address("/runs", { project: "a&b", limit: 10, after: null, test: undefined })).toBe("/api/v1/runs?project=a%26b&limit=10");
});

test("an error says what is wrong and what to do", async () => {
  calls.mockResolvedValue(answer(422, { title: "Unprocessable", detail: "nothing can be run", advice: "mend line 3", errors: [{ line: 3, column: 1, severity: "error", message: "x" }] }));
  const error = await fails(post("/run", {}));
  expect([error.status, error.message, error.advice, error.errors.length]).toEqual([422, "nothing can be run", "mend line 3", 1]);
  calls.mockResolvedValue(answer(409, { title: "Conflict", current: { version: 7 } }));
  expect((await fails(get("/x"))).current).toEqual({ version: 7 });
  calls.mockResolvedValue(new Response("<html>", { status: 502, headers: { "content-type": "text/html" } }));
  expect((await fails(get("/x"))).message).toContain("502");
  calls.mockResolvedValue(answer(429, { detail: "too often" }, { "retry-after": "7" }));
  expect((await fails(get("/x"))).retryAfter).toBe(7);
});

test("a server that is not there is an error of its own, and an abort is none", async () => {
  calls.mockRejectedValue(new TypeError("fetch failed"));
  expect(told(await fails(get("/x"))).status).toBe(0);
  calls.mockRejectedValue(new DOMException("", "AbortError"));
  expect(await fails(get("/x"))).toBeInstanceOf(DOMException);
});

test("an ended session is reported, except to the login", async () => {
  const ended = vi.fn();
  whenUnauthorized(ended);
  calls.mockImplementation(async () => answer(401, {}));
  await fails(request("POST", "/login", { body: {}, open: true }));
  expect(ended).not.toHaveBeenCalled();
  await fails(get("/projects"));
  expect(ended).toHaveBeenCalledOnce();
});

test("bodies are JSON unless they are files", async () => {
  calls.mockImplementation(async () => new Response(null, { status: 204 }));
  await post("/x", { a: 1 });
  expect(calls.mock.lastCall?.[1]).toMatchObject({ body: '{"a":1}', headers: { "content-type": "application/json" } });
  await request("PUT", "/x", { body: "text", type: "text/plain" });
  expect(calls.mock.lastCall?.[1]).toMatchObject({ body: "text", headers: { "content-type": "text/plain" } });
});
