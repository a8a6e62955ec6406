import { expect, test } from "vitest";
import { fileOfTest, testOfFile } from "./names";
import { crc32, zip } from "./zip";

test("the checksum is the one of zip files", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

test("a zip file has its texts where its directory says", async () => {
  const files = [{ name: "a.rhai", text: "let a = 1;\n" }, { name: "ü b", text: "" }];
  const bytes = new Uint8Array(await zip(files).arrayBuffer());
  const view = new DataView(bytes.buffer);
  const end = bytes.length - 22;
  expect(view.getUint32(end, true)).toBe(0x06054b50);
  expect(view.getUint16(end + 10, true)).toBe(2);
  let at = view.getUint32(end + 16, true);
  for (const { name, text } of files) {
    expect(view.getUint32(at, true)).toBe(0x02014b50);
    const local = view.getUint32(at + 42, true);
    expect(view.getUint32(local, true)).toBe(0x04034b50);
    const [size, length] = [view.getUint32(local + 18, true), view.getUint16(local + 26, true)];
    const decode = (from: number, count: number) => new TextDecoder().decode(bytes.subarray(from, from + count));
    expect(decode(local + 30, length)).toBe(name);
    expect(decode(local + 30 + length, size)).toBe(text);
    at += 46 + view.getUint16(at + 28, true);
  }
  expect(at).toBe(end);
});

test("files and tests have each other's names", () => {
  expect(testOfFile("C:\\x\\busy.RHAI")).toEqual({ name: "busy", kind: "rhai" });
  expect(testOfFile("a/basic_call")).toEqual({ name: "basic_call", kind: "testfile" });
  expect(fileOfTest("busy", "rhai")).toBe("busy.rhai");
});
