// docs/embedding.md
{
  const portal = new URL(document.currentScript.src).origin;
  const mount = (place, { url, theme, view, height: [least, most] = [320, 2e4], title = "Billing", lost = title + " could not be loaded.", retry = "Try again" }) => {
    const [frame, sorry, again] = ["iframe", "p", "button"].map((tag) => document.createElement(tag));
    const say = (type, url) => frame.contentWindow?.postMessage({ purser: 1, type, url, theme }, portal);
    const link = async () => {
      const { href } = new URL(await url(view), portal);
      if (href.startsWith(portal + "/embedded/")) return href;
      throw Error(href);
    };
    const open = async () => {
      frame.src = await link().finally(() => frame.replaceWith(sorry));
      sorry.replaceWith(frame);
    };
    addEventListener("message", ({ origin, source, data }) => {
      if (origin !== portal || source !== frame.contentWindow) return;
      view = data.view || view;
      frame.style.height = data.height + "px";
      if (data.type === "page" && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
      if (data.type === "expired") link().then((url) => say("session", url), () => say("failed"));
    });
    frame.style = `display:block;border:0;width:100%;min-height:${least}px;max-height:${most}px`;
    frame.allow = "payment";
    frame.title = title;
    frame.onload = () => frame.src && say("hello");
    sorry.role = "alert";
    sorry.append(lost, " ", again);
    again.append(retry);
    again.onclick = open;
    place.append(frame);
    return { frame, ready: open(), theme: (next) => say("hello", (theme = next)), open: (next) => open((view = next)) };
  };
  window.Purser = { mount };
  document.querySelectorAll("[data-purser]").forEach((place) => {
    const { purser, theme } = place.dataset;
    const url = async (at) =>
      (await (await fetch(purser, { method: "POST", body: new URLSearchParams(at && { view: at }) })).json()).url;
    mount(place, { ...place.dataset, url, theme: theme && { mode: theme } });
  });
}
