/** The ways about the dashboard that tests share: signing in, its pages, and the rooms of the system. */
import type { Page } from "playwright-core";
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
