// Shows what the platform pushes to this device, and opens what it is about when it is touched. It holds no key and reads no data.
self.addEventListener("push", (event) => {
  let message = { title: "Trunkline", body: "An order needs a person.", tag: "trunkline" };
  try {
    message = { ...message, ...event.data.json() };
  } catch {
    // A message that cannot be read still says that somebody has to look.
  }
  const { title, body, tag, path } = message;
  const shown = { body, tag, renotify: true, requireInteraction: true, icon: "/favicon.svg" };
  const options = { ...shown, data: { path } };
  event.waitUntil(self.registration.showNotification(title, options));
});

// Always a page of this dashboard: a message names no other place to go. The desk where it names none.
function placeOf(path) {
  const { origin } = self.location;
  const isPath = typeof path === "string" && URL.canParse(path, origin);
  const place = new URL(isPath ? path : "/orders/dead-letters", origin);
  return place.origin === origin ? place.href : `${origin}/orders/dead-letters`;
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const place = placeOf(event.notification.data?.path);
  const open = async () => {
    const pages = await self.clients.matchAll({ type: "window" });
    const page = pages.find(({ focused }) => focused) ?? pages[0];
    if (!page) return self.clients.openWindow(place);
    await page.focus();
    return page.navigate(place);
  };
  event.waitUntil(open());
});
