import { expect, test } from "vitest";
import { link, match } from "./router";

const PATTERNS = ["/", "/p/:project", "/p/:project/t/:test", "/p/:project/t/:test/history"].map((path) => ({ path, to: path }));

test("a path finds its screen and its parameters", () => {
  expect(match(PATTERNS, "/")).toEqual({ to: "/", params: {} });
  expect(match(PATTERNS, "/p/trunk")).toEqual({ to: "/p/:project", params: { project: "trunk" } });
  expect(match(PATTERNS, "/p/trunk/t/a/history")?.to).toBe("/p/:project/t/:test/history");
  expect(match(PATTERNS, "/p/trunk/")?.params).toEqual({ project: "trunk" });
  expect(match(PATTERNS, "/q/trunk")).toBeNull();
  expect(match(PATTERNS, "/p/a/b")).toBeNull();
});

test("names with anything in them come through", () => {
  const name = `a/b & <i>ü?#%`;
  expect(match(PATTERNS, `/p/${encodeURIComponent(name)}`)?.params).toEqual({ project: name });
  expect(match(PATTERNS, "/p/%E0%A4%A")).toBeNull();
});

test("a link has what is there", () => {
  expect(link("/runs/a", { msg: 4, q: "", tab: null, t0: undefined })).toBe("/runs/a?msg=4");
  expect(link("/login", { next: "/p/a?x=1&y=2" })).toBe("/login?next=%2Fp%2Fa%3Fx%3D1%26y%3D2");
  expect(link("/")).toBe("/");
});
