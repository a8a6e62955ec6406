import { expect, test } from "vitest";
import { spectra } from "./spectrum";

test("a tone is loudest at its frequency, silence is nothing", () => {
  const tone = Float32Array.from({ length: 8000 }, (_, i) => Math.sin((2 * Math.PI * 1000 * i) / 8000));
  const [first] = spectra(tone, 3);
  const loudest = first?.indexOf(Math.max(...(first ?? []))) ?? -1;
  // 128 values up to 4 kHz.
  expect(Math.round((loudest * 4000) / 128)).toBe(1000);
  expect(first?.[loudest]).toBeCloseTo(1, 1);
  expect(Math.max(...(spectra(new Float32Array(8000), 1)[0] ?? []))).toBe(0);
  expect(spectra(new Float32Array(0), 2).length).toBe(2);
});
