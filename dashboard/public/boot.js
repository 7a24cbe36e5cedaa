// Runs before the first paint and before any module. A file, not inline: the content security policy refuses inline script.
// Without eval, zod must not try its compiled parsers: the mere attempt is reported as a violation.
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
{
  // The colour scheme is set here, so that a dark room is not lit up by a white page while the app loads.
  let chosen = "auto";
  try {
    chosen = localStorage.getItem("trunkline.scheme") || "auto";
  } catch {
    // Storage may be refused by the browser: the system's scheme serves then.
  }
  const dark =
    chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
}
