// The spectrum of a sound over time: how loud which frequency is, window by window.

/** Complex Fourier transform in place; the length is a power of two. */
export const fft = (re: Float32Array, im: Float32Array) => {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i += 1) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] as number, re[i] as number];
      [im[i], im[j]] = [im[j] as number, im[i] as number];
    }
  }
  for (let size = 2; size <= n; size <<= 1) {
    const angle = (-2 * Math.PI) / size;
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < size / 2; k += 1) {
        const [c, s] = [Math.cos(angle * k), Math.sin(angle * k)];
        const [i, j] = [start + k, start + k + size / 2];
        const [a, b] = [re[j] as number, im[j] as number];
        const [x, y] = [a * c - b * s, a * s + b * c];
        [re[j], im[j]] = [(re[i] as number) - x, (im[i] as number) - y];
        [re[i], im[i]] = [(re[i] as number) + x, (im[i] as number) + y];
      }
    }
  }
};

const SIZE = 256;
/** So far below full scale is silence. */
const FLOOR_DB = -90;

/** `columns` spectra of a sound, each of 128 values from 0 (silence) to 1, low frequencies first. */
export const spectra = (samples: Float32Array, columns: number): Float32Array[] =>
  Array.from({ length: columns }, (_, column) => {
    const start = Math.floor((column * Math.max(0, samples.length - SIZE)) / Math.max(1, columns - 1));
    const [re, im] = [new Float32Array(SIZE), new Float32Array(SIZE)];
    // Hann's window: its edges fade, so that cutting makes no sound of its own.
    for (let i = 0; i < SIZE; i += 1) re[i] = (samples[start + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
    fft(re, im);
    return Float32Array.from({ length: SIZE / 2 }, (_, i) => {
      const db = 20 * Math.log10(Math.hypot(re[i] as number, im[i] as number) / (SIZE / 4) + 1e-9);
      return Math.max(0, Math.min(1, 1 - db / FLOOR_DB));
    });
  });
