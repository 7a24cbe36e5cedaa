// Shows what the platform pushes to this device, and opens the desk when it is touched. It holds no key and reads no data.
self.addEventListener("push", (event) => {
  let message = { title: "Trunkline", body: "An order needs a person.", tag: "trunkline" };
  try {
    message = { ...message, ...event.data.json() };
  } catch {
    // A message that cannot be read still says that somebody has to look.
  }
  const { title, body, tag } = message;
  const options = { body, tag, renotify: true, requireInteraction: true, icon: "/favicon.svg" };
  event.waitUntil(self.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  // Always this dashboard's own desk: a message names no other place to go.
  const desk = new URL("/orders/dead-letters", self.location.origin).href;
  const open = async () => {
    const pages = await self.clients.matchAll({ type: "window" });
    const page = pages.find(({ focused }) => focused) ?? pages[0];
    if (!page) return self.clients.openWindow(desk);
    await page.focus();
    return page.navigate(desk);
  };
  event.waitUntil(open());
});
