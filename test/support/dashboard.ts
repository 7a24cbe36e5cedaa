/** The ways about the dashboard that tests share: signing in, its pages, and the rooms of the system. */
import type { Locator, Page } from "playwright-core";
import type { Watched } from "./browser.ts";
import type { Platform } from "./platform.ts";

export const DESKTOP = { width: 1360, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Signs in and forgets the refused requests before it, which the browser writes down as errors. */
export async function signIn({ page, troubles }: Watched, platform: Platform): Promise<void> {
  await page.goto(platform.url);
  await page.getByRole("textbox", { name: "Development key" }).fill(platform.developmentKey);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  troubles.length = 0;
}

export const go = (on: Page, name: string): Promise<void> =>
  on.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();

/** A room of the system: a link on a desktop, a choice on a phone. */
export async function enter(on: Page, room: string, size: typeof DESKTOP): Promise<void> {
  if (size !== PHONE) {
    const rooms = on.getByRole("navigation", { name: "System" });
    return rooms.getByRole("link", { name: room, exact: true }).click();
  }
  const field = on.getByRole("combobox", { name: "Room" });
  await field.or(on.getByRole("textbox", { name: "Room" })).click();
  await on.getByRole("option", { name: room, exact: true }).click();
}

/** Names and values that lie over each other, or stick out of the screen: `text / text`. */
export const overlapping = (on: Locator): Promise<string[]> =>
  on.evaluate((root) => {
    const boxes = [...root.querySelectorAll("dt, dd, td, th")].map((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return { text: element.textContent, ...range.getBoundingClientRect().toJSON() };
    });
    const seen = boxes.filter(({ width, height }) => width > 0 && height > 0);
    return seen.flatMap((a, n) =>
      seen
        .slice(n + 1)
        .filter((b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        .map((b) => `${a.text} / ${b.text}`),
    );
  });

/** Whether the end of its text is on the screen with nothing over it: what is cut or covered is not. */
export const isInSight = (on: Locator): Promise<boolean> =>
  on.evaluate((element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    const last = [...range.getClientRects()].at(-1);
    if (last === undefined) return false;
    const there = document.elementFromPoint(last.right - 2, last.top + last.height / 2);
    return there !== null && element.contains(there);
  });
