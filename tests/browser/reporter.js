// What failed and why, and a plain closing line that CI reads: `N passed, N failed`.
export default async function* reporter(source) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of source) {
    if (type === "test:pass") {
      passed += 1;
      yield `ok    ${data.name}\n`;
    } else if (type === "test:fail") {
      failed += 1;
      const cause = data.details.error?.cause ?? data.details.error;
      yield `FAIL  ${data.name}\n${cause?.stack ?? cause}\n`;
    } else if (type === "test:stderr" || type === "test:stdout") yield data.message;
  }
  yield `${passed} passed, ${failed} failed\n`;
}
