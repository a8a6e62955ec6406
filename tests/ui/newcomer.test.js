// Somebody's first minutes, and each screen in both themes.
import { usable } from "./browser.js";
import { begin } from "./support.js";

const { server, call, ui } = await begin();

ui("from the login over the examples to a passed run and what was heard in it", async (page) => {
  await page.goto("/");
  await page.getByLabel("Password").fill(server.password);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Load the examples" }).click();
  await page.waitForURL("**/p/examples");
  await page.getByRole("button", { name: "Run basic_call", exact: true }).click();
  const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: "basic_call", exact: true }) });
  await row.getByRole("link", { name: "Pass", exact: true }).click();
  await page.waitForURL("**/runs/*");
  await page.getByRole("link", { name: "Recordings" }).click();
  const sound = page.getByRole("region", { name: "alice-1.wav" });
  await sound.getByRole("button", { name: "Play alice-1.wav" }).click();
  const slider = sound.getByRole("slider", { name: /^alice-1/ });
  await page.waitForFunction((slider) => Number(slider.getAttribute("aria-valuenow")) > 0.2, await slider.elementHandle());
}, { login: false, refusals: true });

for (const colorScheme of ["light", "dark"]) {
  ui(`all can use each screen, ${colorScheme}`, async (page) => {
    const { runs } = await call("GET", "/runs?limit=1");
    const run = runs[0].run;
    const screens = [
      "/p/examples", "/p/examples/t/basic_call", "/p/examples/t/basic_call/history", "/runs",
      ...["sip", "events", "log", "recordings", "quality", "source"].map((tab) => `/runs/${run}?tab=${tab}`),
      ...["flow", "sip", "sound", "numbers", "log"].map((tab) => `/compare/${run}/${run}?tab=${tab}`),
      "/console", "/schedules", ...["users", "sessions", "keys", "webhooks", "server", "about"].map((section) => `/settings/${section}`),
      "/nowhere",
    ];
    for (const screen of screens) {
      await page.goto(screen);
      await page.getByRole("main").getByRole("heading").first().waitFor({ state: "attached" });
      await page.waitForLoadState("networkidle");
      await usable(page, screen);
    }
  }, { colorScheme, refusals: true });
}
