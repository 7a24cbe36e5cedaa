/** A real Chromium on the dashboard, with everything that went wrong in it written down. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { ensureBrowser } from "../../scripts/lib/browser.ts";
import { ROOT } from "../../scripts/lib/paths.ts";

/** Git-ignored; looked at by people after a run. */
const SCREENSHOTS = join(ROOT, "test", "e2e", "screenshots");

export interface Watched {
  page: Page;
  /** Uncaught errors, and what the console says in red: Chromium reports violations of the content security policy there. */
  troubles: string[];
}

export async function launchBrowser(): Promise<Browser> {
  const executablePath = await ensureBrowser(() => {});
  // Root has no sandbox in a container; the pages are our own.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

export async function watchedPage(
  browser: Browser,
  options: { width: number; height: number; scheme: "light" | "dark" },
): Promise<Watched> {
  const { width, height, scheme } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error")
      troubles.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => troubles.push(`uncaught: ${error.message}`));
  return { page, troubles };
}

export async function screenshot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
