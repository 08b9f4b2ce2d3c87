// Shows the portal in a frame on a host's page (docs/embedding.md). It speaks to that frame and to nobody else.
(() => {
  const portal = new URL(document.currentScript.src).origin;
  const mount = (place, { url, theme, view, height: [least, most] = [320, 20000], title = "Billing" }) => {
    const frame = Object.assign(document.createElement("iframe"), { allow: "payment", title });
    frame.style.cssText = `display:block;border:0;width:100%;height:${least}px`;
    let asking;
    const say = (type, more) => frame.contentWindow.postMessage({ purser: 1, type, ...more }, portal);
    const open = async (again) => {
      const { origin, href } = new URL(await url(view), portal);
      if (origin !== portal) throw Error("This is no link of the portal's.");
      if (again) say("session", { url: href });
      else frame.src = href;
    };
    const hello = () => say("hello", { theme });
    addEventListener("message", ({ origin, source, data }) => {
      if (origin !== portal || source !== frame.contentWindow || data?.purser !== 1) return;
      if (data.view) view = data.view;
      if (data.type === "height") frame.style.height = `${Math.min(most, Math.max(least, +data.height || 0))}px`;
      if (data.type === "page" && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
      if (data.type === "expired") asking ??= open(true).finally(() => (asking = 0)).catch(console.warn);
    });
    frame.onload = () => frame.src && hello();
    place.append(frame);
    return { frame, ready: open(), theme: (next) => ((theme = next), hello()), open: (next) => ((view = next), open()) };
  };
  window.Purser = { mount };
  document.querySelectorAll("[data-purser]").forEach((place) => {
    const { purser, view, theme } = place.dataset;
    const body = (at) => new URLSearchParams(at ? { view: at } : {});
    const url = async (at) => (await (await fetch(purser, { method: "POST", body: body(at) })).json()).url;
    mount(place, { url, view, theme: theme && { mode: theme } });
  });
})();
