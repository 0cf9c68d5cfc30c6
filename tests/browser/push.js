// Stands in for the browser vendor's push service, which cannot be reached: a subscription with a key pair of its own,
// at a receiver of the test's. All else is the page's and its service worker's.

const kept = { subscription: null, receiver: "RECEIVER" };
const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/[+/=]/g, (one) => ({ "+": "-", "/": "_" })[one] ?? "");

PushManager.prototype.subscribe = async function (options) {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const auth = text(crypto.getRandomValues(new Uint8Array(16)));
  const p256dh = text(await crypto.subtle.exportKey("raw", pair.publicKey));
  window.browserKey = { private: text(await crypto.subtle.exportKey("pkcs8", pair.privateKey)), auth };
  window.asked = { visible: options.userVisibleOnly, key: text(options.applicationServerKey) };
  kept.subscription = {
    toJSON: () => ({ endpoint: `${kept.receiver}/send/1`, expirationTime: null, keys: { p256dh, auth } }),
    unsubscribe: async () => Boolean((kept.subscription = null)) || true,
  };
  return kept.subscription;
};

PushManager.prototype.getSubscription = async () => kept.subscription;
