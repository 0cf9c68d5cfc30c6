// The page's behaviour: a key opens it, then it subscribes this browser, lists the others, and shows an order.

const API = "/api/v1/notifications/push";
const KEY = "comptoir.key";
const MINE = "comptoir.push";
const say = JSON.parse(document.getElementById("words").textContent);
const language = document.documentElement.lang;
const find = (id) => document.getElementById(id);

class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function ask(method, path, body) {
  const headers = { Authorization: `Bearer ${sessionStorage.getItem(KEY)}` };
  const shop = new URLSearchParams(location.search).get("shop");
  if (shop) headers["Comptoir-Shop"] = shop;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const found = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refused(answer.status, found.detail ?? found.title);
  return found;
}

function tell(text, bad = false) {
  find("said").textContent = text;
  find("said").classList.toggle("bad", bad);
}

// Every click ends here: what goes wrong is said, and a key that is not accepted is asked for again.
function attempt(act) {
  return async (event) => {
    event?.preventDefault();
    try {
      await act(event);
    } catch (error) {
      if (error.status === 401) leave();
      tell(say.wrong.replace("{reason}", error.message), true);
    }
  };
}

function leave() {
  sessionStorage.removeItem(KEY);
  find("enter").hidden = false;
  find("inside").hidden = true;
}

const able = () => isSecureContext && "serviceWorker" in navigator && "PushManager" in window;

async function current() {
  const registered = able() ? await navigator.serviceWorker.getRegistration("/push/") : undefined;
  return registered ? registered.pushManager.getSubscription() : null;
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

async function subscribe() {
  if ((await Notification.requestPermission()) !== "granted") return refresh();
  const registered = await navigator.serviceWorker.register("/push/worker.js", { scope: "/push/" });
  const { public_key: key } = await ask("GET", `${API}/key`);
  await (await current())?.unsubscribe(); // its key may be an older one
  await active(registered);
  const made = await registered.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const events = [...document.querySelectorAll("[name=event]:checked")].map((one) => one.value);
  const body = { ...made.toJSON(), label: find("label").value, language };
  if (events.length) body.events = events;
  const kept = await ask("POST", `${API}/subscriptions`, body);
  localStorage.setItem(MINE, kept.id);
  tell(say.on);
  return refresh();
}

function active(registered) {
  const worker = registered.installing ?? registered.waiting;
  if (!worker) return undefined;
  return new Promise((done) => {
    worker.addEventListener("statechange", () => worker.state === "activated" && done());
  });
}

async function stop() {
  await (await current())?.unsubscribe();
  const mine = localStorage.getItem(MINE);
  localStorage.removeItem(MINE);
  if (mine) await remove(mine);
  tell(say.off);
  return refresh();
}

async function remove(id) {
  try {
    await ask("DELETE", `${API}/subscriptions/${id}`);
  } catch (error) {
    if (error.status !== 404) throw error;
  }
}

async function test(id) {
  const { delivered, reason } = await ask("POST", `${API}/subscriptions/${id}/test`);
  tell(delivered ? say.tested : say.failed.replace("{reason}", reason), !delivered);
  return refresh();
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", attempt(act));
  return made;
}

function device(one) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  const at = one.delivered_at && new Date(one.delivered_at).toLocaleString(language);
  const reached = at ? say.reached.replace("{at}", at) : say.never;
  const events = one.events.map((event) => say[event] ?? event).join(", ");
  const mine = one.id === localStorage.getItem(MINE) ? ` (${say.this})` : "";
  name.textContent = `${one.label || one.service}${mine} · ${events} · ${reached}`;
  item.append(name, button(say.test, () => test(one.id)), button(say.remove, () => remove(one.id).then(refresh)));
  return item;
}

async function refresh() {
  const { items } = await ask("GET", `${API}/subscriptions`);
  find("enter").hidden = true;
  find("inside").hidden = false;
  find("devices").replaceChildren(...items.map(device));
  find("none").hidden = items.length > 0;
  const on = Boolean(await current()) && items.some((one) => one.id === localStorage.getItem(MINE));
  const denied = able() && Notification.permission === "denied";
  find("state").textContent = !able() ? say.unsupported : denied ? say.denied : on ? say.on : say.off;
  find("subscribe").hidden = on || denied || !able();
  find("stop").hidden = !on;
}

async function show(code) {
  if (!code || !sessionStorage.getItem(KEY)) return;
  const order = await ask("GET", `/api/v1/orders/${encodeURIComponent(code)}`);
  const money = new Intl.NumberFormat(language, { style: "currency", currency: order.currency });
  find("order-title").textContent = `${say.order} ${order.code} · ${money.format(order.totals.gross)}`;
  find("order-status").textContent = `${order.status.name ?? order.status.mnemonic} · ${order.customer?.name ?? ""}`;
  find("order-lines").replaceChildren(
    ...order.lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = `${line.quantity} × ${line.name}`;
      return item;
    }),
  );
  find("order").hidden = false;
}

const wanted = () => decodeURIComponent(location.hash.slice(1));

find("enter").addEventListener(
  "submit",
  attempt(async () => {
    sessionStorage.setItem(KEY, find("key").value.trim());
    find("key").value = "";
    tell("");
    await refresh();
    await show(wanted());
  }),
);
find("subscribe").addEventListener("submit", attempt(subscribe));
find("stop").addEventListener("click", attempt(stop));
addEventListener("hashchange", attempt(() => show(wanted())));
navigator.serviceWorker?.addEventListener("message", (event) => attempt(() => show(event.data.code))());

if (sessionStorage.getItem(KEY)) {
  await attempt(() => refresh().then(() => show(wanted())))();
} else {
  leave();
}
