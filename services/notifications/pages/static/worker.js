// Shows the messages that arrive, and opens their order. It keeps nothing, and answers no requests.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const message = event.data ? event.data.json() : { title: "Comptoir", body: "", code: "" };
  const shown = { body: message.body, tag: message.code || "comptoir", renotify: true, data: { code: message.code } };
  event.waitUntil(self.registration.showNotification(message.title, shown));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.code ?? ""));
});

async function open(code) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => new URL(one.url).pathname === "/push");
  if (!page) return self.clients.openWindow(code ? `/push#${encodeURIComponent(code)}` : "/push");
  page.postMessage({ code });
  return page.focus();
}
