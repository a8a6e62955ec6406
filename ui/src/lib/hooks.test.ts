import { expect, test } from "vitest";
import type { Delivery } from "./api/run";
import { merged, outcome } from "./hooks";

const delivery = (id: number, more: Partial<Delivery> = {}) => ({ id, state: "pending", attempts: 0, error: null, ended: null, ...more }) as Delivery;

test("of two states of a delivery the later one counts, whichever comes first", () => {
  const [waits, again, sent] = [delivery(1), delivery(1, { attempts: 1, error: "it answered 500" }), delivery(1, { state: "sent", attempts: 2, error: "it answered 500", ended: 5 })];
  expect(merged(merged([], [waits, delivery(2)]), [again])).toEqual([again, delivery(2)]);
  expect(merged([again], [waits])).toEqual([again]);
  expect(merged([sent], [waits, again])).toEqual([sent]);
  expect([waits, again, sent, delivery(1, { state: "failed", ended: 1 })].map((one) => outcome(one).word)).toEqual(["Waits", "Tries again", "Delivered", "Not delivered"]);
});
