// The current time, reactive: otherwise "just now" would stand for hours on a page that stays open.
const OFTEN = 20_000;
let time = $state(Date.now());
setInterval(() => (time = Date.now()), OFTEN);

export const now = (): number => time;
